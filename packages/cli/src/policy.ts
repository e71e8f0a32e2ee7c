import { word } from './kinds.js';
import { settings } from './settings.js';

/** The policies of the command lines, in nginx's words; a file may name more. */
export const POLICIES = ['round_robin', 'ip_hash', 'least_conn'] as const;

export type Policy = (typeof POLICIES)[number];

/** The policies for requests that belong to no session yet, and for WebSocket upgrades that open one. */
export interface Policies {
  readonly policy: Policy;
  readonly websocketPolicy: Policy;
}

/** `--policy` and `--websocket-policy`. */
export const POLICY_SETTINGS = settings({
  policy: {
    value: word(POLICIES),
    help: '`round_robin`, `ip_hash` or `least_conn`, for everything',
    otherwise: '`ip_hash`, and `least_conn` for WebSockets that open a session',
  },
  websocketPolicy: {
    value: word(POLICIES),
    help: 'the policy for WebSockets that open a session, which need no pin',
    otherwise: '`--policy`, or `least_conn` without it',
  },
});

/**
 * The policies for the given flags. Without any, `ip_hash` pins polling, so that it works for every server, and
 * WebSockets, which need no pin, go to the peer with the fewest connections. `policy` alone is for both.
 */
export function policiesOf(policy: Policy | undefined, websocketPolicy: Policy | undefined): Policies {
  return { policy: policy ?? 'ip_hash', websocketPolicy: websocketPolicy ?? policy ?? 'least_conn' };
}
