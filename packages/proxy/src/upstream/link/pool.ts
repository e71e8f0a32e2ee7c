import { now } from '../../net/clock.js';
import type { HeadLimits } from '../../http1/head.js';
import { Link } from './link.js';
import type { KeepaliveOptions } from '../../options/proxy.js';
import type { Via } from './link.js';
import type { Peer } from '../peer.js';
import type { UpstreamTls } from './tls.js';

/** Idle connections to the peers of one upstream (nginx: `keepalive`, `keepalive_requests`, `_time`, `_timeout`). */
export class LinkPool {
  readonly #options: KeepaliveOptions;
  readonly #limits: HeadLimits;
  /** By peer, the last used at the end: it is the least likely to be closed by the peer. */
  readonly #idle = new Map<Peer, Link[]>();
  #size = 0;
  #sweep: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #tls: UpstreamTls | undefined;

  /** @param tls connects over TLS; undefined: plain TCP */
  constructor(options: KeepaliveOptions, limits: HeadLimits, tls?: UpstreamTls) {
    this.#tls = tls;
    this.#options = options;
    this.#limits = limits;
  }

  /** Takes an idle connection to the peer out of the pool; undefined when there is none. @param key see `Via.key` */
  take(peer: Peer, key = ''): Link | undefined {
    const links = this.#idle.get(peer);
    let link = links?.at(-1);
    if (links === undefined || link === undefined) return undefined;
    if (link.key === key) {
      links.pop();
    } else {
      const at = links.findLastIndex((one) => one.key === key);
      link = at < 0 ? undefined : links.splice(at, 1)[0];
      if (link === undefined) return undefined;
    }
    this.#size--;
    if (this.#expired(link, now())) {
      // The others have been idle for longer still.
      if (key === '') this.drop(peer);
      link.destroy();
      return undefined;
    }
    return link;
  }

  /** Opens a new connection to the peer, which is still connecting when this returns. */
  open(peer: Peer, via?: Via): Link {
    return Link.open(peer, this.#limits, this.#tls, via);
  }

  /** Takes back a connection whose response has ended, or closes it when it may not be reused. */
  give(link: Link): void {
    const { connections, requests, time, shared } = this.#options;
    const known = this.#idle.get(link.peer);
    const links = known ?? [];
    const old = link.requests >= requests || now() - link.openedAt >= time || link.idleLimit === 0;
    if (
      this.#closed ||
      old ||
      link.peer.isRemoved ||
      connections === 0 ||
      link.wire.pending > 0 ||
      link.wire.destroyed
    ) {
      link.destroy();
      return;
    }
    if ((shared ? this.#size : links.length) >= connections) {
      (shared ? this.#longestIdle() : links)?.shift()?.destroy();
      this.#size--;
    }
    links.push(link);
    this.#size++;
    if (known === undefined) this.#idle.set(link.peer, links);
    link.idle(this.#onIdleEnd);
    this.#sweep ??= setTimeout(this.#onSweep, Math.min(this.#options.timeout, 1_000)).unref();
  }

  /** The links of the peer that has the link idle for longest. */
  #longestIdle(): Link[] | undefined {
    let found: Link[] | undefined;
    for (const links of this.#idle.values()) {
      const first = links[0];
      if (first !== undefined && first.idleSince < (found?.[0]?.idleSince ?? Number.POSITIVE_INFINITY)) found = links;
    }
    return found;
  }

  /** Idle connections. */
  get size(): number {
    return this.#size;
  }

  /** Closes the idle connections, and from now on every connection that is given back. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#sweep);
    for (const peer of this.#idle.keys()) this.drop(peer);
  }

  /** Closes the idle connections to a peer. */
  drop(peer: Peer): void {
    const links = this.#idle.get(peer) ?? [];
    this.#idle.delete(peer);
    this.#size -= links.length;
    for (const link of links) link.destroy();
  }

  #expired(link: Link, time: number): boolean {
    return time - link.idleSince >= Math.min(this.#options.timeout, link.idleLimit);
  }

  readonly #onIdleEnd = (link: Link): void => {
    const links = this.#idle.get(link.peer);
    const index = links?.indexOf(link) ?? -1;
    if (index < 0) return;
    links?.splice(index, 1);
    this.#size--;
  };

  readonly #onSweep = (): void => {
    this.#sweep = undefined;
    const time = now();
    for (const [peer, links] of this.#idle) {
      const first = links.findIndex((link) => !this.#expired(link, time));
      const old = links.splice(0, first < 0 ? links.length : first);
      this.#size -= old.length;
      for (const link of old) link.destroy();
      if (links.length === 0) this.#idle.delete(peer);
    }
    if (this.#idle.size > 0) this.#sweep = setTimeout(this.#onSweep, Math.min(this.#options.timeout, 1_000)).unref();
  };
}
