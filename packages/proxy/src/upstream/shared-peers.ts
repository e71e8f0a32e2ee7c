import type { PeerNews, Siblings } from '../options/siblings.js';
import type { Upstream } from './upstream.js';

/** Milliseconds that siblings may know nothing of a change. */
const DELAY = 100;

/**
 * Keeps the peers of an upstream in step with those of other processes (nginx: `zone`): `max_conns` and `least_conn`
 * count what all of them have, and a failure that one has seen counts for all. What has changed is told every 100 ms.
 */
export class SharedPeers {
  readonly #upstream: Upstream;
  readonly #siblings: Siblings;
  /** Per peer what was told last. */
  readonly #told = new Map<string, { readonly active: number; readonly failures: number }>();
  /** Per process and peer how many requests and tunnels it has. */
  readonly #heard = new Map<number, Map<string, number>>();
  readonly #timer: NodeJS.Timeout;

  constructor(upstream: Upstream, siblings: Siblings) {
    this.#upstream = upstream;
    this.#siblings = siblings;
    this.#timer = setInterval(() => this.#tell(), DELAY).unref();
  }

  #tell(): void {
    const news: PeerNews[] = [];
    for (const { name, active, failures } of this.#upstream.peers) {
      const told = this.#told.get(name);
      if ((told?.active ?? 0) === active && (told?.failures ?? 0) === failures) continue;
      this.#told.set(name, { active, failures });
      news.push({ peer: name, active, failures: failures - (told?.failures ?? 0) });
    }
    if (news.length > 0) this.#siblings.peersChanged(this.#upstream.name, news);
  }

  /** What another process tells; `from` is its id. */
  hear(from: number, news: readonly PeerNews[]): void {
    const heard = this.#heard.get(from) ?? new Map<string, number>();
    this.#heard.set(from, heard);
    for (const { peer: name, active, failures } of news) {
      const peer = this.#upstream.peers.find((one) => one.name === name);
      if (peer === undefined) continue;
      peer.elsewhere += active - (heard.get(name) ?? 0);
      heard.set(name, active);
      for (let i = 0; i < failures; i++) peer.failedElsewhere();
    }
  }

  /** Another process has ended. */
  forget(from: number): void {
    for (const [name, active] of this.#heard.get(from) ?? []) {
      const peer = this.#upstream.peers.find((one) => one.name === name);
      if (peer !== undefined) peer.elsewhere -= active;
    }
    this.#heard.delete(from);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
