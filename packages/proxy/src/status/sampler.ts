import type { Peer } from '../upstream/peer.js';
import type { PeerCounts } from '../upstream/counts.js';
import { Rate } from './rate.js';
import type { RateStatus } from './rate.js';
import type { PeerSeries, RatesStatus, TotalSeries } from './status.js';

/** The counters of a proxy since its start. */
export interface Totals {
  readonly accepted: number;
  readonly requests: number;
  readonly tunnelsOpened: number;
  readonly handOffs: number;
  readonly errors: number;
  /** Bytes to and from the present peers. */
  readonly sent: number;
  readonly received: number;
}

/** The rates of one peer. */
class PeerRates {
  readonly requests = new Rate();
  readonly sessions = new Rate();
  readonly errors = new Rate();
  readonly bytes = new Rate();

  sample(counts: PeerCounts): void {
    const { sent, received } = counts.bytes;
    this.requests.add(counts.requests);
    this.sessions.add(counts.pollingSessions + counts.websocketSessions);
    this.errors.add(counts.failedAttempts);
    this.bytes.add(sent + received);
  }
}

const NONE = new PeerRates();

/** Milliseconds between two samples. */
const INTERVAL = 1_000;

/** Reads the counters of a proxy and of its peers once a second, so that a request costs no more than the counting. */
export class Sampler {
  readonly #totals: () => Totals;
  readonly #peers: () => readonly Peer[];
  readonly #requests = new Rate();
  readonly #accepted = new Rate();
  readonly #websockets = new Rate();
  readonly #errors = new Rate();
  readonly #sent = new Rate();
  readonly #received = new Rate();
  readonly #ofPeers = new WeakMap<PeerCounts, PeerRates>();
  #timer: NodeJS.Timeout | undefined;

  constructor(totals: () => Totals, peers: () => readonly Peer[]) {
    this.#totals = totals;
    this.#peers = peers;
  }

  start(): void {
    if (this.#timer !== undefined) return;
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), INTERVAL).unref();
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

  /** The rate of one peer's requests. */
  ofPeer(counts: PeerCounts): RateStatus {
    return (this.#ofPeers.get(counts) ?? NONE).requests.status();
  }

  /** The last five minutes of the proxy, second by second. */
  history(): TotalSeries {
    return {
      requests: this.#requests.samples(),
      accepted: this.#accepted.samples(),
      websockets: this.#websockets.samples(),
      errors: this.#errors.samples(),
      bytesSent: this.#sent.samples(),
      bytesReceived: this.#received.samples(),
    };
  }

  /** The last five minutes of one peer, second by second. */
  historyOf(counts: PeerCounts): PeerSeries {
    const { requests, sessions, errors, bytes } = this.#ofPeers.get(counts) ?? NONE;
    return {
      requests: requests.samples(),
      sessions: sessions.samples(),
      errors: errors.samples(),
      bytes: bytes.samples(),
    };
  }

  #sample(): void {
    const totals = this.#totals();
    this.#requests.add(totals.requests);
    this.#accepted.add(totals.accepted);
    this.#websockets.add(totals.tunnelsOpened + totals.handOffs);
    this.#errors.add(totals.errors);
    this.#sent.add(totals.sent);
    this.#received.add(totals.received);
    for (const { counts, state } of this.#peers()) {
      counts.look(state);
      let rates = this.#ofPeers.get(counts);
      if (rates === undefined) this.#ofPeers.set(counts, (rates = new PeerRates()));
      rates.sample(counts);
    }
  }
}
