import type { PeerNews, Siblings } from '../options/siblings.js';
import type { Upstream } from './upstream.js';

/** Milliseconds between reports to the siblings. */
const DELAY = 100;

/**
 * Shares the state of an upstream's peers with other processes (nginx: `zone`): `max_conns` and `least_conn` count the
 * requests of all processes, and a failure seen by one counts in all. Changes are reported every 100 ms.
 */
export class SharedPeers {
  readonly #upstream: Upstream;
  readonly #siblings: Siblings;
  /** The last report of each peer. */
  readonly #reported = new Map<string, { readonly active: number; readonly failures: number }>();
  /** Requests and tunnels in flight, by process and peer, as the processes last reported. */
  readonly #heard = new Map<number, Map<string, number>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(upstream: Upstream, siblings: Siblings) {
    this.#upstream = upstream;
    this.#siblings = siblings;
  }

  /** Reports from now on. */
  start(): void {
    this.#timer ??= setInterval(() => this.#report(), DELAY).unref();
  }

  #report(): void {
    const news: PeerNews[] = [];
    for (const { name, active, failures } of this.#upstream.peers) {
      const last = this.#reported.get(name);
      if ((last?.active ?? 0) === active && (last?.failures ?? 0) === failures) continue;
      this.#reported.set(name, { active, failures });
      news.push({ peer: name, active, failures: failures - (last?.failures ?? 0) });
    }
    if (news.length > 0) this.#siblings.peersChanged(this.#upstream.name, news);
  }

  /** Takes the report of another process; `from` is its id. */
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

  /** Another process has ended: its requests and tunnels no longer count. */
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
