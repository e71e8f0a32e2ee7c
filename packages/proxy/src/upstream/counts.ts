import { Roster } from '@pinwheel/roster';
import type { ErrorCode } from '../errors.js';
import { ProxyError } from '../errors.js';
import type { Wire, WireAccount } from '../net/wire.js';

/** `failed`: taken out by `max_fails` or a health check; `down` and `drain`: by configuration or on request. */
export type PeerState = 'up' | 'failed' | 'down' | 'drain';

/** Statistics of one peer. A reload that keeps the peer keeps its counts: the old and the new `Peer` share this object. */
export class PeerCounts implements WireAccount {
  /** Attempts since the start, and those of them that `max_fails` counts as failures. */
  requests = 0;
  failures = 0;
  /** Attempts that failed, or whose response was discarded, after which the request was retried. */
  retries = 0;
  /** The most requests and tunnels in flight at once. */
  maxActive = 0;
  /** Tunnels and handed-off WebSockets: open now (first two), and opened since the start. */
  tunnels = 0;
  handedOff = 0;
  tunnelsOpened = 0;
  handOffs = 0;
  /** Engine.IO sessions that began by polling, and WebSockets that did not upgrade such a session. */
  pollingSessions = 0;
  websocketSessions = 0;
  /** Responses, indexed by the first digit of their status. */
  readonly answers = [0, 0, 0, 0, 0, 0];
  /** Failed attempts by code. */
  readonly errors = new Map<ErrorCode, number>();
  lastError: { readonly code: ErrorCode; readonly at: number } | undefined;
  readonly #wires = new Roster<Wire>();
  /** Bytes of closed connections. */
  #sent = 0;
  #received = 0;
  #state: PeerState = 'up';
  /** In milliseconds of `performance.now()`. */
  #stateSince = performance.now();
  #downtime = 0;
  #downs = 0;
  /** `requests` at the last call of `look`, and the time at which it last had grown; undefined before it did. */
  #attempts = 0;
  #attemptedAt: number | undefined;

  /** A response has begun. */
  answered(status: number): void {
    const hundreds = Math.floor(status / 100);
    if (hundreds < this.answers.length) this.answers[hundreds] = (this.answers[hundreds] ?? 0) + 1;
  }

  /** An attempt has failed. @param retried another attempt follows, at this peer or another */
  failed(code: ErrorCode, retried: boolean): void {
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
    this.lastError = { code, at: performance.now() };
    if (retried) this.retries++;
  }

  tunnelOpened(): void {
    this.tunnels++;
    this.tunnelsOpened++;
  }

  /** The peer's process has taken over a WebSocket. @param ownSession it does not upgrade a session that began by polling */
  taken(ownSession: boolean): void {
    this.handedOff++;
    this.handOffs++;
    if (ownSession) this.websocketSessions++;
  }

  /** Failed attempts, whether or not their requests were retried. */
  get failedAttempts(): number {
    let sum = 0;
    for (const count of this.errors.values()) sum += count;
    return sum;
  }

  /** Counts the bytes of a new connection to the peer. */
  add(wire: Wire): void {
    wire.account = this;
    wire.place = this.#wires.join(wire);
  }

  /** Closes the connections to the peer. */
  evict(): void {
    if (this.#wires.size === 0) return;
    const error = new ProxyError('upstream_timeout', 'the peer missed its health checks');
    for (const wire of this.#wires) wire.destroy(error);
  }

  onWireClosed(wire: Wire): void {
    if (!this.#wires.leave(wire.place)) return;
    this.addBytes(wire.bytesWritten, wire.bytesRead);
  }

  /** Adds bytes that no `Wire` counted, such as those of a hand-off. */
  addBytes(sent: number, received: number): void {
    this.#sent += sent;
    this.#received += received;
  }

  /** Bytes of HTTP and WebSocket, to and from the peer, without the overhead of TLS. */
  get bytes(): { readonly sent: number; readonly received: number } {
    let sent = this.#sent;
    let received = this.#received;
    for (const wire of this.#wires) {
      sent += wire.bytesWritten;
      received += wire.bytesRead;
    }
    return { sent, received };
  }

  /** Records the peer's state; called once a second, and before `health` and `lastChosen` are read. */
  look(state: PeerState, now = performance.now()): void {
    if (this.requests !== this.#attempts) {
      this.#attempts = this.requests;
      this.#attemptedAt = now;
    }
    if (state === this.#state) return;
    if (this.#state === 'failed') this.#downtime += now - this.#stateSince;
    if (state === 'failed') this.#downs++;
    this.#state = state;
    this.#stateSince = now;
  }

  /** Seconds since the peer was last chosen, to the accuracy of `look`; undefined when it never was. */
  lastChosen(now = performance.now()): number | undefined {
    return this.#attemptedAt === undefined ? undefined : (now - this.#attemptedAt) / 1_000;
  }

  /** How often the peer was `failed`, for how many seconds in all, and the seconds since its state changed. */
  health(now = performance.now()): { readonly downs: number; readonly downtime: number; readonly stateFor: number } {
    const stateFor = (now - this.#stateSince) / 1_000;
    const downtime = this.#downtime / 1_000 + (this.#state === 'failed' ? stateFor : 0);
    return { downs: this.#downs, downtime, stateFor };
  }
}
