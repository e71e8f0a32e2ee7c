import { hostname } from 'node:os';
import { isTag } from '@pinwheel/protocol';
import type { OtherConnections } from './drain.js';
import type { RedisClients } from '../redis/pub-sub.js';
import type { RedisLink } from '../redis/redis-link.js';

export interface MemberOptions {
  /** The server's name in its status documents, 1 to 64 characters. Default: the host's name. */
  readonly server?: string;
  /**
   * The tag at the beginning of its session ids: 1 to 64 of `A-Z a-z 0-9 _ -`, unique per server. Default: derived from the
   * host's name, the server's name and the address it listens on.
   */
  readonly tag?: string;
  /** The Redis that `/readyz` checks: a link, or the clients of a Redis adapter. Default: none. */
  readonly redis?: RedisLink | RedisClients;
  /** Milliseconds that `/readyz` waits for a message to go through Redis and back. Default 1,000. */
  readonly readyTimeout?: number;
  /** Milliseconds for which that result is reused. Default 250. */
  readonly readyCache?: number;
  /** Milliseconds over which a drain closes the sessions. Default 3,000. */
  readonly drainTimeout?: number;
  /** Long-lived connections other than Socket.IO sessions, drained with them. Default none. */
  readonly connections?: OtherConnections;
  /** Signals that drain the server and then end the process. Default `['SIGTERM']`. */
  readonly signals?: readonly NodeJS.Signals[];
  /** Writes broadcasts straight to their recipients' sockets, see `fastBroadcasts`. Default false. */
  readonly fastBroadcasts?: boolean;
}

export interface DrainOptions {
  /** Milliseconds over which the sessions are closed. Default: `drainTimeout` of the member. */
  readonly timeoutMs?: number;
}

/** An invalid option of `joinCluster` or `drain`. */
export class MemberOptionError extends TypeError {
  readonly code = 'bad_option';
  override name = 'MemberOptionError';

  constructor(option: string, expected: string, got: unknown) {
    super(
      `joinCluster: ${option}: expected ${expected}, got ${typeof got === 'string' ? JSON.stringify(got) : String(got)}`,
    );
  }
}

/** {@link MemberOptions} with defaults. `tag` has none before the server listens. */
export type CheckedOptions = Required<Omit<MemberOptions, 'tag' | 'redis' | 'connections'>> &
  Pick<MemberOptions, 'tag' | 'redis' | 'connections'>;

/** @throws MemberOptionError (code `bad_option`) */
export function checkOptions(given: MemberOptions): CheckedOptions {
  const options: CheckedOptions = {
    ...given,
    server: given.server ?? hostname(),
    readyTimeout: milliseconds('readyTimeout', given.readyTimeout, 1_000),
    readyCache: milliseconds('readyCache', given.readyCache, 250),
    drainTimeout: milliseconds('drainTimeout', given.drainTimeout, 3_000),
    signals: given.signals ?? ['SIGTERM'],
    fastBroadcasts: given.fastBroadcasts ?? false,
  };
  if (options.server.length < 1 || options.server.length > 64) {
    throw new MemberOptionError('server', 'a name of 1 to 64 characters', options.server);
  }
  if (options.tag !== undefined && !isTag(options.tag)) {
    throw new MemberOptionError('tag', '1 to 64 characters A-Z a-z 0-9 _ -', options.tag);
  }
  return Object.freeze(options);
}

/** @throws MemberOptionError (code `bad_option`) */
export function milliseconds(option: string, given: number | undefined, otherwise: number): number {
  if (given === undefined) return otherwise;
  if (!Number.isFinite(given) || given < 0 || given > 3_600_000) {
    throw new MemberOptionError(option, 'milliseconds from 0 to 3,600,000', given);
  }
  return given;
}
