import type { PeerOptions } from './options.js';

/** One server of an upstream, with nginx's accounting of failures (`max_fails`, `fail_timeout`). */
export class Peer {
  readonly options: PeerOptions;
  /** Position in the upstream. */
  readonly index: number;
  /** `host:port`, an IPv6 address in brackets. */
  readonly name: string;
  /** The node tag in this peer's session ids, once it is known. */
  tag: string | undefined;
  /** Requests and tunnels now. */
  active = 0;
  tunnels = 0;
  /** Attempts since the start, and how many of them failed. */
  requests = 0;
  failures = 0;
  /** False after a connection to it could not be made, until one is. */
  reachable = true;
  /** Smooth weighted round robin. */
  effectiveWeight: number;
  currentWeight = 0;
  /** Failures that count, and when, in milliseconds of `now`: the last one, and the last that was looked at again. */
  fails = 0;
  #accessed = Number.NEGATIVE_INFINITY;
  #checked = Number.NEGATIVE_INFINITY;
  readonly #now: () => number;

  constructor(options: PeerOptions, index: number, now: () => number) {
    this.options = options;
    this.index = index;
    this.name = options.host.includes(':') ? `[${options.host}]:${options.port}` : `${options.host}:${options.port}`;
    this.tag = options.route;
    this.effectiveWeight = options.weight;
    this.#now = now;
  }

  /** Not out for `fail_timeout` after `max_fails` failures. When that has passed one request may try it. */
  get healthy(): boolean {
    const { maxFails, failTimeout } = this.options;
    return maxFails === 0 || this.fails < maxFails || this.#now() - this.#checked > failTimeout;
  }

  /** Configured to take new sessions. */
  get enabled(): boolean {
    return !this.options.down && !this.options.drain;
  }

  get full(): boolean {
    return this.options.maxConns > 0 && this.active >= this.options.maxConns;
  }

  /** May be chosen for a request that is not pinned to it. */
  get available(): boolean {
    return this.enabled && !this.full && this.healthy;
  }

  /** Still to be used for its own sessions: a failed request alone scatters none of them, an unreachable peer does. */
  get holdsSessions(): boolean {
    return !this.options.down && (this.reachable || this.healthy);
  }

  /** It was chosen: within a `fail_timeout` that has passed no second request tries it (nginx: `peer->checked`). */
  chosen(): void {
    const now = this.#now();
    if (now - this.#checked > this.options.failTimeout) this.#checked = now;
  }

  /** A request or tunnel begins. Every call is followed by one of `release`. */
  acquire(): void {
    this.active++;
    this.requests++;
  }

  /** It has ended; `ok` false counts as a failure (nginx: `ngx_http_upstream_free_round_robin_peer`). */
  release(ok: boolean): void {
    this.active--;
    if (ok) {
      if (this.#accessed < this.#checked) this.fails = 0;
      return;
    }
    const { maxFails, weight } = this.options;
    this.failures++;
    this.fails++;
    this.#accessed = this.#now();
    this.#checked = this.#accessed;
    if (maxFails > 0) this.effectiveWeight = Math.max(0, this.effectiveWeight - Math.floor(weight / maxFails));
  }

  connected(): void {
    this.reachable = true;
  }

  connectFailed(): void {
    this.reachable = false;
  }
}
