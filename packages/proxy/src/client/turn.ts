import type { ReadBuffer } from '../net/wire.js';

/** Who gives the answer to a request: it goes on until it has told the exchange of its end or is aborted. */
export interface Responder {
  /** A byte of the answer was passed to the client. */
  readonly responseStarted: boolean;
  start(): void;
  /** Bytes of the request's body, and its end. */
  requestBody(buffer: ReadBuffer, start: number, end: number): void;
  requestBodyEnd(): void;
  /** Sends what was put together meanwhile. */
  flush(): void;
  /** The client has taken what was written to it. */
  onClientDrain(): void;
  /** The client is gone, or the request failed: nothing more is sent. */
  abort(): void;
}
