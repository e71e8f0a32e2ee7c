import type { Peer } from './peer.js';
import type { PeerCounts } from './peer-counts.js';
import { Rate } from './rate.js';
import type { RateStatus } from './rate.js';
import type { RatesStatus } from './status.js';

/** What a proxy has counted since its start. */
export interface Totals {
  readonly accepted: number;
  readonly requests: number;
  readonly tunnelsOpened: number;
  readonly handOffs: number;
  readonly errors: number;
  /** Bytes to and from the peers that there are. */
  readonly sent: number;
  readonly received: number;
}

/** Milliseconds between two looks. */
const INTERVAL = 1_000;

/** Reads the counters of a proxy and of its peers once a second: what a request costs is the counting alone. */
export class Sampler {
  readonly #totals: () => Totals;
  readonly #peers: () => readonly Peer[];
  readonly #requests = new Rate();
  readonly #accepted = new Rate();
  readonly #websockets = new Rate();
  readonly #errors = new Rate();
  readonly #sent = new Rate();
  readonly #received = new Rate();
  /** Requests of each peer. */
  readonly #ofPeers = new WeakMap<PeerCounts, Rate>();
  #timer: NodeJS.Timeout | undefined;

  constructor(totals: () => Totals, peers: () => readonly Peer[]) {
    this.#totals = totals;
    this.#peers = peers;
  }

  start(): void {
    if (this.#timer !== undefined) return;
    this.#look();
    this.#timer = setInterval(() => this.#look(), INTERVAL).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  status(): RatesStatus {
    return {
      requests: this.#requests.status(),
      accepted: this.#accepted.status(),
      websockets: this.#websockets.status(),
      errors: this.#errors.status(),
      bytesSent: this.#sent.status(),
      bytesReceived: this.#received.status(),
    };
  }

  /** Requests of one peer. */
  ofPeer(counts: PeerCounts): RateStatus {
    return (this.#ofPeers.get(counts) ?? new Rate()).status();
  }

  #look(): void {
    const totals = this.#totals();
    this.#requests.add(totals.requests);
    this.#accepted.add(totals.accepted);
    this.#websockets.add(totals.tunnelsOpened + totals.handOffs);
    this.#errors.add(totals.errors);
    this.#sent.add(totals.sent);
    this.#received.add(totals.received);
    for (const { counts, state } of this.#peers()) {
      counts.look(state);
      let rate = this.#ofPeers.get(counts);
      if (rate === undefined) this.#ofPeers.set(counts, (rate = new Rate()));
      rate.add(counts.requests);
    }
  }
}
