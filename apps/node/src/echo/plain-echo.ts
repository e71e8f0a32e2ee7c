import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { echoText } from '@pinwheel/protocol';
import type { OtherConnections } from '@pinwheel/member';
import type { Log } from '../contract.js';
import { WebSocketServer } from 'ws';
import type { RawData, WebSocket } from 'ws';

/** Bytes of one message; a larger one ends the connection with 1009. */
const MESSAGE_MAX = 1024 * 1024;
/** Bytes that may wait for a client before its connection is paused. */
const WAITING_MAX = 1024 * 1024;
/** Milliseconds after which a client that still does not read is disconnected. */
const UNREAD_MS = 60_000;
/** Messages a second that are logged one by one; the rest of the second is logged as a number. */
const LOGGED_MAX = 20;
/** Characters of a message that are logged. */
const LOGGED_LENGTH = 200;

/**
 * A plain WebSocket echo server: a text comes back as `Server received from client: <text>`, binary data as it is. The
 * server stops reading from a client that does not read, which has no effect on other clients.
 */
export class PlainEcho implements OtherConnections {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_MAX, perMessageDeflate: false });
  readonly #log: MessageLog;

  /** @param log gets a line for each received text, up to a rate */
  constructor(log: Log) {
    this.#log = new MessageLog(log);
  }

  get size(): number {
    return this.#server.clients.size;
  }

  *closers(): Generator<() => void> {
    for (const client of this.#server.clients) yield () => client.close(1001, 'the server is going away');
  }

  /** Takes over the socket of an upgrade request, and refuses a request that is no WebSocket handshake. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (client) => this.#serve(client));
  }

  /** Ends every connection at once. */
  close(): void {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
    this.#log.close();
  }

  #serve(client: WebSocket): void {
    let unread: NodeJS.Timeout | undefined;

    const onSent = (): void => {
      if (unread === undefined || client.bufferedAmount > WAITING_MAX / 2) return;
      clearTimeout(unread);
      unread = undefined;
      client.resume();
    };

    client.on('message', (data: RawData, isBinary: boolean) => {
      if (isBinary) {
        client.send(data, onSent);
      } else {
        // `ws` passes a text as one Buffer by default.
        const text = (data as Buffer).toString();
        this.#log.received(text);
        client.send(echoText(text), onSent);
      }
      if (unread === undefined && client.bufferedAmount > WAITING_MAX) {
        client.pause();
        unread = setTimeout(() => client.terminate(), UNREAD_MS);
      }
    });
    client.on('close', () => clearTimeout(unread));
    // After a broken frame or a message that is too large `ws` sends a close code and closes.
    client.on('error', () => undefined);
  }
}

/** Logs messages at a bounded rate: standard error may be a pipe, and a write to a full pipe blocks the process. */
class MessageLog {
  readonly #log: Log;
  #window: NodeJS.Timeout | undefined;
  #count = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  received(text: string): void {
    this.#window ??= setTimeout(() => this.#next(), 1_000).unref();
    this.#count += 1;
    if (this.#count <= LOGGED_MAX) this.#log(`Received from client: ${oneLine(text)}`);
  }

  close(): void {
    clearTimeout(this.#window);
  }

  #next(): void {
    this.#window = undefined;
    if (this.#count > LOGGED_MAX) this.#log(`Received from clients: ${this.#count - LOGGED_MAX} more within a second`);
    this.#count = 0;
  }
}

/** A client's text as one log line: short, and without control characters, which a terminal would execute. */
function oneLine(text: string): string {
  const start = text.length > LOGGED_LENGTH ? `${text.slice(0, LOGGED_LENGTH)}... (${text.length} characters)` : text;
  return start.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
