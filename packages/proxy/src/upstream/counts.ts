import { Roster } from '@pinwheel/roster';
import type { ErrorCode } from '../errors.js';
import { ProxyError } from '../errors.js';
import type { Wire, WireAccount } from '../net/wire.js';

/** What a peer is to the balancer. */
export type PeerState = 'up' | 'failed' | 'down' | 'drain';

/** What is counted of one peer. A reload that keeps the peer keeps the counts: the peers before and after it share them. */
export class PeerCounts implements WireAccount {
  /** Attempts since the start, and how many of them failed as `max_fails` counts. */
  requests = 0;
  failures = 0;
  /** Failed attempts, or answers that were not passed on, after which the request was tried elsewhere. */
  retries = 0;
  /** Most requests and tunnels at once. */
  maxActive = 0;
  /** Tunnels, and WebSockets that its process has taken over: now, and since the start. */
  tunnels = 0;
  handedOff = 0;
  tunnelsOpened = 0;
  handOffs = 0;
  /** Engine.IO sessions that began by polling, and WebSockets that are no upgrade of one of those. */
  pollingSessions = 0;
  websocketSessions = 0;
  /** Answers by the first digit of their status, at that index. */
  readonly answers = [0, 0, 0, 0, 0, 0];
  /** Failed attempts by code. */
  readonly errors = new Map<ErrorCode, number>();
  lastError: { readonly code: ErrorCode; readonly at: number } | undefined;
  readonly #wires = new Roster<Wire>();
  /** Of connections that are over. */
  #sent = 0;
  #received = 0;
  #state: PeerState = 'up';
  /** In milliseconds of `performance.now()`. */
  #stateSince = performance.now();
  #downtime = 0;
  #downs = 0;
  /** Attempts at the last look, and when there were fewer; undefined before the first. */
  #attempts = 0;
  #attemptedAt: number | undefined;

  /** An answer has begun. */
  answered(status: number): void {
    const hundreds = Math.floor(status / 100);
    if (hundreds < this.answers.length) this.answers[hundreds] = (this.answers[hundreds] ?? 0) + 1;
  }

  /** An attempt has failed. @param retried it is made again, here or at another peer */
  failed(code: ErrorCode, retried: boolean): void {
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
    this.lastError = { code, at: performance.now() };
    if (retried) this.retries++;
  }

  tunnelOpened(): void {
    this.tunnels++;
    this.tunnelsOpened++;
  }

  /** @param ownSession the WebSocket is no upgrade of a session that began by polling */
  taken(ownSession: boolean): void {
    this.handedOff++;
    this.handOffs++;
    if (ownSession) this.websocketSessions++;
  }

  /** Failed attempts, whatever became of their requests. */
  get failedAttempts(): number {
    let sum = 0;
    for (const count of this.errors.values()) sum += count;
    return sum;
  }

  /** A connection to the peer is made: its bytes count from now on. */
  add(wire: Wire): void {
    wire.account = this;
    wire.place = this.#wires.join(wire);
  }

  /** Closes the connections to the peer. */
  evict(): void {
    if (this.#wires.size === 0) return;
    const error = new ProxyError('upstream_timeout', 'the peer gives no sign of life');
    for (const wire of this.#wires) wire.destroy(error);
  }

  onWireClosed(wire: Wire): void {
    if (!this.#wires.leave(wire.place)) return;
    this.addBytes(wire.bytesWritten, wire.bytesRead);
  }

  /** Bytes that moved where no wire of ours counted them. */
  addBytes(sent: number, received: number): void {
    this.#sent += sent;
    this.#received += received;
  }

  /** Bytes of HTTP and WebSocket, to the peer and from it, without those of TLS. */
  get bytes(): { readonly sent: number; readonly received: number } {
    let sent = this.#sent;
    let received = this.#received;
    for (const wire of this.#wires) {
      sent += wire.bytesWritten;
      received += wire.bytesRead;
    }
    return { sent, received };
  }

  /** Notes what the peer is now; called once a second, and before the answer is told. */
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

  /** Seconds since a look found that it had been chosen; undefined before it was. */
  lastChosen(now = performance.now()): number | undefined {
    return this.#attemptedAt === undefined ? undefined : (now - this.#attemptedAt) / 1_000;
  }

  /** How often it was `failed`, for how long altogether, and since when it is what it is; seconds. */
  health(now = performance.now()): { readonly downs: number; readonly downtime: number; readonly stateFor: number } {
    const stateFor = (now - this.#stateSince) / 1_000;
    const downtime = this.#downtime / 1_000 + (this.#state === 'failed' ? stateFor : 0);
    return { downs: this.#downs, downtime, stateFor };
  }
}
