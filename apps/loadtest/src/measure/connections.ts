import { Times } from './histogram.js';

/** The connections of one worker: how they were made and lost, from the beginning of the run. */
export interface ConnectionReport {
  /** Times from `connect()`, encoded: the first answer over HTTP polling, or the open WebSocket; the Socket.IO connect. */
  readonly pollingHandshake: string;
  readonly websocketHandshake: string;
  readonly connect: string;
  /** Times from the polling handshake to the use of the WebSocket. */
  readonly upgrade: string;
  /** Times from a disconnect to being in the room again. */
  readonly reconnect: string;
  /** Clients that began to connect, that were ever in their room, and that are in it now. */
  readonly started: number;
  readonly everOnline: number;
  readonly online: number;
  readonly disconnects: number;
  readonly reconnects: number;
  /** Failed attempts by cause: of clients that were never connected, and of clients that reconnect. */
  readonly connectFailures: Readonly<Record<string, number>>;
  readonly reconnectFailures: Readonly<Record<string, number>>;
  readonly disconnectReasons: Readonly<Record<string, number>>;
}

/** The most causes that are counted separately; further causes count as `other`. */
const CAUSES_MAX = 100;

/** Measures the connections of one worker. */
export class Connections {
  readonly pollingHandshake = new Times();
  readonly websocketHandshake = new Times();
  readonly connect = new Times();
  readonly upgrade = new Times();
  readonly reconnect = new Times();
  started = 0;
  everOnline = 0;
  online = 0;
  disconnects = 0;
  reconnects = 0;
  attemptsFailed = 0;
  readonly #connectFailures = new Map<string, number>();
  readonly #reconnectFailures = new Map<string, number>();
  readonly #reasons = new Map<string, number>();

  failed(cause: string, wasOnline: boolean): void {
    this.attemptsFailed++;
    tick(wasOnline ? this.#reconnectFailures : this.#connectFailures, cause);
  }

  disconnected(reason: string): void {
    this.disconnects++;
    tick(this.#reasons, reason);
  }

  report(): ConnectionReport {
    const { started, everOnline, online, disconnects, reconnects } = this;
    return {
      pollingHandshake: this.pollingHandshake.encode(),
      websocketHandshake: this.websocketHandshake.encode(),
      connect: this.connect.encode(),
      upgrade: this.upgrade.encode(),
      reconnect: this.reconnect.encode(),
      started,
      everOnline,
      online,
      disconnects,
      reconnects,
      connectFailures: Object.fromEntries(this.#connectFailures),
      reconnectFailures: Object.fromEntries(this.#reconnectFailures),
      disconnectReasons: Object.fromEntries(this.#reasons),
    };
  }
}

function tick(counts: Map<string, number>, cause: string): void {
  const name = counts.has(cause) || counts.size < CAUSES_MAX ? cause : 'other';
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
