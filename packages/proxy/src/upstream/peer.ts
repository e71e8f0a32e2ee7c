import { hostPort } from '@pinwheel/protocol';
import { Roster } from '@pinwheel/roster';
import { createHash } from 'node:crypto';
import type { PeerOptions } from '../options/proxy.js';
import { PeerCounts } from './counts.js';
import type { PeerState } from './counts.js';

/** A client's connection that the peer's process holds, so that no `Wire` of this process stands for it. */
export interface Evictable {
  /** Closes the connection, because the peer no longer responds. */
  evict(): void;
}

/** One server of an upstream, with nginx's accounting of failures (`max_fails`, `fail_timeout`). */
export class Peer {
  readonly options: PeerOptions;
  /** Position in the upstream. */
  index: number;
  /** `host:port`, an IPv6 address in brackets; `unix:/path`. */
  readonly name: string;
  /** Path of the peer's Unix socket; undefined for a peer on the network. */
  readonly socketPath: string | undefined;
  /** See `PeerOptions.server`. */
  readonly server: string;
  /** The node tag in this peer's session ids; undefined until it is known. */
  tag: string | undefined;
  /** The only peer of its upstream: `max_fails` never takes it out, as there is no other to choose. */
  alone = false;
  /** The server's name no longer resolves to this address: the peer takes no new requests. */
  isRemoved = false;
  /** False while a health check is unanswered (`healthCheck`). */
  answers = true;
  /** WebSockets that its process has taken over or is being offered. */
  readonly handOffs = new Roster<Evictable>();
  #id: string | undefined;
  /** Requests and tunnels in flight. */
  active = 0;
  /** Requests and tunnels in flight in other processes, as they last reported. */
  activeElsewhere = 0;
  /** Statistics only: no decision depends on them. */
  counts = new PeerCounts();
  /** Failed attempts since this peer was configured. */
  failures = 0;
  /** False from a failed connection attempt until a connection succeeds. See `connectFailed`. */
  reachable = true;
  /** Weight in smooth weighted round robin: lowered by failures, it grows back by one with every pick. */
  effectiveWeight: number;
  /** Failures that `max_fails` counts (nginx: `peer->fails`). */
  fails = 0;
  /** Times in milliseconds of `now`: the last failure, and the last failure or trial (nginx: `accessed`, `checked`). */
  #accessed = Number.NEGATIVE_INFINITY;
  #checked = Number.NEGATIVE_INFINITY;
  /** When a connection last failed or was last tried again; meaningless while `reachable`. */
  #connectChecked = Number.NEGATIVE_INFINITY;
  readonly #now: () => number;
  /** `down` or `drain` in the configuration: never enabled. */
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

  /**
   * Passes health checks, and is not out for `fail_timeout` after `max_fails` failures. After `fail_timeout` one request
   * may try it.
   */
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

  /** May take new sessions: not `down`, not draining, and still an address of its server. */
  get enabled(): boolean {
    return !this.#shut && !this.isRemoved && (!this.#mayDrain || !this.#drainsNow);
  }

  get #drainsNow(): boolean {
    return this.options.drains?.() === true;
  }

  /** Requests and tunnels in flight in all processes. */
  get load(): number {
    return this.active + this.activeElsewhere;
  }

  get full(): boolean {
    return this.options.maxConns > 0 && this.load >= this.options.maxConns;
  }

  /** The peer may be chosen for a request that is not pinned to it. */
  get available(): boolean {
    return this.enabled && !this.full && this.healthy;
  }

  /** The peer may be chosen for a request that names it (nginx: `sticky`), also while it drains. */
  get availableByName(): boolean {
    return !this.options.down && !this.isRemoved && !this.full && this.healthy;
  }

  /**
   * Requests of its own sessions still go to this peer, whatever `drain`, `max_conns` and `max_fails` say: one failed
   * request must not scatter its sessions. An unreachable peer loses them for `fail_timeout`; then one request tries it.
   */
  get holdsSessions(): boolean {
    if (this.options.down || this.isRemoved || !this.answers) return false;
    return this.reachable || this.#now() - this.#connectChecked > this.options.failTimeout;
  }

  /**
   * The peer was chosen for a request. Once `fail_timeout` has passed, this request is the trial, and no other is made
   * before the next `fail_timeout` has passed (nginx: `peer->checked`). A healthy peer costs no reading of the clock.
   */
  chosen(): void {
    if (this.fails === 0 && this.reachable) return;
    const now = this.#now();
    const { failTimeout } = this.options;
    if (now - this.#checked > failTimeout) this.#checked = now;
    if (now - this.#connectChecked > failTimeout) this.#connectChecked = now;
  }

  /** A request or tunnel begins. Every call needs one call of `release`; a surplus `release` has no effect. */
  acquire(): void {
    const { counts } = this;
    this.active++;
    counts.requests++;
    if (this.active > counts.maxActive) counts.maxActive = this.active;
  }

  /** A request or tunnel has ended; `ok` false counts as a failure (nginx: `ngx_http_upstream_free_round_robin_peer`). */
  release(ok: boolean): void {
    if (this.active === 0) return;
    this.active--;
    if (ok) this.succeeded();
    else this.#failed();
  }

  /**
   * The peer has answered properly: if this request was the trial, the peer is healthy again. `release(true)` calls this;
   * a tunnel calls it when it opens, which may be hours before it is released.
   */
  succeeded(): void {
    if (this.#accessed < this.#checked) this.fails = 0;
  }

  #failed(): void {
    this.failures++;
    this.counts.failures++;
    this.failedElsewhere();
  }

  /** The peer has failed a request of another process, which counts like a failure here. */
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

  /** A health check passed: earlier failures no longer count. */
  recovered(): void {
    this.answers = true;
    this.reachable = true;
    this.fails = 0;
  }

  /** Closes its connections: those of requests, which may be retried at another peer, of tunnels and of hand-offs. */
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
  return hostPort(host, port);
}
