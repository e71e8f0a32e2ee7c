import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { hostname } from 'node:os';
import { newSessionId, opensSession, sidOf } from '@pinwheel/protocol';
import type { ReadyDocument } from '@pinwheel/protocol';
import { fastBroadcasts } from '../broadcasts/fast-broadcasts.js';
import { withEngine } from '../socket-io.js';
import type { SocketIoServer } from '../socket-io.js';
import { drainSessions } from './drain.js';
import type { DrainReport } from './drain.js';
import { interpose } from './http-server.js';
import type { HttpServer } from './http-server.js';
import { checkOptions, MemberOptionError, milliseconds } from './options.js';
import type { CheckedOptions, DrainOptions, MemberOptions } from './options.js';
import { answerProbe } from './probes.js';
import { RoundTrip } from '../redis/round-trip.js';
import { Sessions } from './sessions.js';
import { onSignals } from './signals.js';
import { defaultTag } from './tag.js';
import { flushUpgradingPolls } from './upgrade-flush.js';

/** The part of an Engine.IO server that is used here. */
interface Engine extends EventEmitter {
  generateId(request: IncomingMessage): string | PromiseLike<string>;
  readonly opts: { readonly path?: string; readonly addTrailingSlash?: boolean };
}

/** A Socket.IO server that has joined the cluster. */
export interface Member {
  readonly server: string;
  /**
   * The tag in its session ids.
   *
   * @throws Error when the server does not listen yet and was given no tag
   */
  readonly tag: string;
  /** `drain` from the moment a drain begins. */
  readonly state: 'up' | 'drain';
  /** Engine.IO sessions that are open now, by transport. */
  readonly sessions: { readonly polling: number; readonly websocket: number };
  /** Resolves with the document of `/readyz`, within `readyTimeout`. Never rejects. */
  ready(): Promise<ReadyDocument>;
  /**
   * Drains the server, which cannot be undone. `/readyz` answers 503 at once. A request that would open a session has its
   * connection closed without a response, after which a balancer tries the next peer. Requests of open sessions are served,
   * and the sessions are closed so that clients with default options reconnect. A second call returns the first promise.
   */
  drain(options?: DrainOptions): Promise<DrainReport>;
  /** Stops listening for signals. */
  ignoreSignals(): void;
}

/**
 * Makes a Socket.IO 4 server a member of a cluster: session ids that carry its tag, `GET /healthz` and `GET /readyz` on
 * its HTTP server, and a drain on SIGTERM. Call it before or after the server is attached, and before it listens.
 *
 * @throws MemberOptionError (code `bad_option`)
 * @example const member = joinCluster(io, { server: 'Server1', redis });
 */
export function joinCluster(io: SocketIoServer, given: MemberOptions = {}): Member {
  const member = new ClusterMember(io, checkOptions(given));
  withEngine(io, (engine) => member.attach(engine as Engine));
  if (given.fastBroadcasts === true) fastBroadcasts(io);
  return member;
}

class ClusterMember implements Member {
  readonly server: string;
  readonly #io: SocketIoServer;
  readonly #options: CheckedOptions;
  readonly #roundTrip: RoundTrip | undefined;
  readonly #ignoreSignals: () => void;
  #tag: string | undefined;
  #sessions: Sessions | undefined;
  #state: 'up' | 'drain' = 'up';
  #draining: Promise<DrainReport> | undefined;

  constructor(io: SocketIoServer, options: CheckedOptions) {
    this.#io = io;
    this.#options = options;
    this.server = options.server;
    this.#tag = options.tag;
    this.#roundTrip =
      options.redis === undefined
        ? undefined
        : new RoundTrip(options.redis, { timeout: options.readyTimeout, cache: options.readyCache });
    this.#ignoreSignals = onSignals(options.signals, async () => {
      await this.drain();
      await io.close();
    });
  }

  get tag(): string {
    this.#tag ??= defaultTag(hostname(), this.server, this.#address());
    return this.#tag;
  }

  get state(): 'up' | 'drain' {
    return this.#state;
  }

  get sessions(): Member['sessions'] {
    const sessions = this.#sessions;
    return { polling: sessions?.count('polling') ?? 0, websocket: sessions?.count('websocket') ?? 0 };
  }

  attach(engine: Engine): void {
    const httpServer = this.#io.httpServer as HttpServer | undefined;
    if (httpServer === undefined) {
      throw new MemberOptionError('io', 'a server attached to an HTTP server of Node.js', 'one that is not');
    }
    engine.generateId = () => newSessionId(this.tag);
    flushUpgradingPolls(engine);
    this.#sessions = new Sessions(engine, (session) => {
      // Its handshake came before the drain began.
      if (this.state === 'drain') session.close();
    });
    const path = (engine.opts.path ?? this.#io.path()).replace(/\/$/, '');
    const enginePath = engine.opts.addTrailingSlash === false ? path : `${path}/`;
    interpose(
      httpServer,
      (request, response) => {
        if (answerProbe(this, request, response)) return true;
        if (this.state === 'up' || !opensSession(request.url ?? '', enginePath)) return false;
        request.socket.destroy();
        return true;
      },
      (request, socket) => {
        if (this.state === 'up' || sidOf(request.url ?? '') !== '') return false;
        socket.destroy();
        return true;
      },
    );
  }

  async ready(): Promise<ReadyDocument> {
    const redis = this.#roundTrip === undefined ? ({ state: 'none' } as const) : await this.#roundTrip.probe();
    const { state } = this;
    return { ready: state === 'up' && redis.state !== 'failed', server: this.server, state, redis };
  }

  drain(options: DrainOptions = {}): Promise<DrainReport> {
    const timeout = milliseconds('timeoutMs', options.timeoutMs, this.#options.drainTimeout);
    // Before the first session is closed, because its client may reconnect at once.
    this.#state = 'drain';
    this.#draining ??= drainSessions(this.#sessions, this.#options.connections, timeout);
    return this.#draining;
  }

  ignoreSignals(): void {
    this.#ignoreSignals();
  }

  #address(): string | { address: string; port: number } {
    const address: unknown = (this.#io.httpServer as HttpServer | undefined)?.address();
    if (typeof address === 'string') return address;
    if (typeof address === 'object' && address !== null && 'port' in address) {
      return address as { address: string; port: number };
    }
    throw new Error('the server does not listen yet, and its tag is derived from the address that it listens on');
  }
}
