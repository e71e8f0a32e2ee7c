import type { PolicyName } from '@pinwheel/proxy';
import { type Flags, readWord } from './flags.js';

/** The policies, in nginx's words. */
export const POLICIES = ['round_robin', 'ip_hash', 'least_conn'] as const satisfies readonly PolicyName[];

/** How peers are chosen: requests that belong to no session yet, and WebSocket upgrades that open one. */
export interface Policies {
  readonly policy: PolicyName;
  readonly websocketPolicy: PolicyName;
}

/**
 * The policies of `--policy` and `--websocket-policy`. With neither, polling is pinned by `ip_hash`, so that it works
 * for every server, and WebSockets, which need no pin, go to the peer with the fewest connections. `--policy` alone is
 * for everything.
 *
 * @throws UsageError for a word that is no policy
 */
export function readPolicies(flags: Flags): Policies {
  const read = (name: string): PolicyName | undefined => {
    const text = flags.value(name);
    return text === undefined ? undefined : readWord(`--${name}`, text, POLICIES);
  };
  const policy = read('policy');
  return {
    policy: policy ?? 'ip_hash',
    websocketPolicy: read('websocket-policy') ?? policy ?? 'least_conn',
  };
}
