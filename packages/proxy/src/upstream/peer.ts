import { Roster } from '@pinwheel/roster';
import { createHash } from 'node:crypto';
import type { PeerOptions } from '../options/proxy.js';
import { PeerCounts } from './counts.js';
import type { PeerState } from './counts.js';

/** A connection that a peer holds somewhere else than on a wire of ours. */
export interface Evictable {
  /** Ends it: the peer is not heard of any more. */
  evict(): void;
}

/** One server of an upstream, with nginx's accounting of failures (`max_fails`, `fail_timeout`). */
export class Peer {
  readonly options: PeerOptions;
  /** Position in the upstream. */
  index: number;
  /** `host:port`, an IPv6 address in brackets; `unix:/path`. */
  readonly name: string;
  /** Path of the peer's socket, for one that is not on the network. */
  readonly socketPath: string | undefined;
  /** See `PeerOptions.server`. */
  readonly server: string;
  /** The node tag in this peer's session ids, once it is known. */
  tag: string | undefined;
  /** The only peer of its upstream is never taken out by `max_fails`: there is nothing else to ask. */
  alone = false;
  /** Its name no longer has this address. */
  gone = false;
  /** False while it owes a sign of life (`healthCheck`). */
  answers = true;
  /** WebSockets that its process has, or is about to have. */
  readonly handOffs = new Roster<Evictable>();
  #id: string | undefined;
  /** Requests and tunnels now. */
  active = 0;
  /** The same of other processes, as far as they have told. */
  elsewhere = 0;
  /** For whoever watches; nothing is decided by them. */
  counts = new PeerCounts();
  /** Failed attempts since this peer was configured. */
  failures = 0;
  /** False after a connection to it could not be made, until one is. See `connectFailed`. */
  reachable = true;
  /** Smooth weighted round robin. */
  effectiveWeight: number;
  /** Failures that count, and when, in milliseconds of `now`: the last one, and the last that was looked at again. */
  fails = 0;
  #accessed = Number.NEGATIVE_INFINITY;
  #checked = Number.NEGATIVE_INFINITY;
  /** When a connection last failed or was last tried again. Means nothing while `reachable`. */
  #connectChecked = Number.NEGATIVE_INFINITY;
  readonly #now: () => number;
  /** By configuration, for good. */
  readonly #shut: boolean;
  readonly #mayDrain: boolean;

  constructor(options: PeerOptions, index: number, now: () => number) {
    this.options = options;
    this.index = index;
    this.name = nameOf(options);
    this.socketPath = options.host.startsWith('unix:') ? options.host.slice('unix:'.length) : undefined;
    this.server = options.server ?? this.name;
    this.tag = options.route;
    this.effectiveWeight = options.weight;
    this.#now = now;
    this.#shut = options.down || options.drain;
    this.#mayDrain = options.drains !== undefined;
  }

  /** See `PeerOptions.id`. */
  get id(): string {
    this.#id ??= this.options.id ?? createHash('md5').update(this.name).digest('hex');
    return this.#id;
  }

  /** Answers, and is not out for `fail_timeout` after `max_fails` failures. When that has passed one request may try it. */
  get healthy(): boolean {
    if (!this.answers) return false;
    if (this.fails === 0) return true;
    const { maxFails, failTimeout } = this.options;
    return this.alone || maxFails === 0 || this.fails < maxFails || this.#now() - this.#checked > failTimeout;
  }

  get state(): PeerState {
    if (this.options.down) return 'down';
    if (this.options.drain || this.#drainsNow) return 'drain';
    return this.healthy ? 'up' : 'failed';
  }

  /** Configured to take new sessions. */
  get enabled(): boolean {
    return !this.#shut && !this.gone && (!this.#mayDrain || !this.#drainsNow);
  }

  get #drainsNow(): boolean {
    return this.options.drains?.() === true;
  }

  /** Requests and tunnels of all processes. */
  get load(): number {
    return this.active + this.elsewhere;
  }

  get full(): boolean {
    return this.options.maxConns > 0 && this.load >= this.options.maxConns;
  }

  /** May be chosen for a request that is not pinned to it. */
  get available(): boolean {
    return this.enabled && !this.full && this.healthy;
  }

  /** May be chosen for a request that asks for it (nginx: `sticky`): one that drains may. */
  get availableByName(): boolean {
    return !this.options.down && !this.gone && !this.full && this.healthy;
  }

  /**
   * Still to be used for its own sessions, whatever `drain`, `max_conns` and `max_fails` say: a failed request scatters
   * none of them. An unreachable peer does, for `fail_timeout`; then one request tries it again.
   */
  get holdsSessions(): boolean {
    if (this.options.down || this.gone || !this.answers) return false;
    return this.reachable || this.#now() - this.#connectChecked > this.options.failTimeout;
  }

  /**
   * It was chosen. After a `fail_timeout` that has passed this is the request that tries the peer again, and no second
   * one does before the next has passed (nginx: `peer->checked`). The clock is read only when there is something to try.
   */
  chosen(): void {
    if (this.fails === 0 && this.reachable) return;
    const now = this.#now();
    const { failTimeout } = this.options;
    if (now - this.#checked > failTimeout) this.#checked = now;
    if (now - this.#connectChecked > failTimeout) this.#connectChecked = now;
  }

  /** A request or tunnel begins. Every call is followed by one of `release`; one too many is without effect. */
  acquire(): void {
    const { counts } = this;
    this.active++;
    counts.requests++;
    if (this.active > counts.maxActive) counts.maxActive = this.active;
  }

  /** It has ended; `ok` false counts as a failure (nginx: `ngx_http_upstream_free_round_robin_peer`). */
  release(ok: boolean): void {
    if (this.active === 0) return;
    this.active--;
    if (ok) this.succeeded();
    else this.#failed();
  }

  /**
   * The peer has answered as it should: it is live again if this was the request that tried it. `release(true)` says so
   * by itself; a tunnel says so when it opens, which may be hours before it ends.
   */
  succeeded(): void {
    if (this.#accessed < this.#checked) this.fails = 0;
  }

  #failed(): void {
    this.failures++;
    this.counts.failures++;
    this.failedElsewhere();
  }

  /** It has failed a request of another process; that counts as one of ours does. */
  failedElsewhere(): void {
    const { maxFails, weight } = this.options;
    if (this.alone) return;
    this.fails++;
    this.#accessed = this.#now();
    this.#checked = this.#accessed;
    if (maxFails > 0) this.effectiveWeight = Math.max(0, this.effectiveWeight - Math.floor(weight / maxFails));
  }

  connected(): void {
    this.reachable = true;
  }

  /** It gives signs of life: earlier failures say nothing of it any more. */
  recovered(): void {
    this.answers = true;
    this.reachable = true;
    this.fails = 0;
  }

  /** Ends its connections: those of requests, which may be tried elsewhere, tunnels and hand-offs. */
  evict(): void {
    this.counts.evict();
    for (const handOff of this.handOffs) handOff.evict();
  }

  connectFailed(): void {
    this.reachable = false;
    this.#connectChecked = this.#now();
  }
}

function nameOf({ host, port }: PeerOptions): string {
  if (host.startsWith('unix:')) return host;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
