import type { Socket } from 'node:net';
import type { HandOffEnd } from '@pinwheel/protocol';

/** Told what becomes of a connection that was given away. `onTaken` or `onRefused` comes once, `onEnded` at most once. */
export interface HandOffListener {
  /** The peer's process has the socket: the copy here may be closed. */
  onTaken(): void;
  /** It has not, and will not: nothing was answered. */
  onRefused(): void;
  /** The connection is over; undefined when its process is gone, perhaps before it had the socket. */
  onEnded(end: HandOffEnd | undefined): void;
}

/** A connection that was given away. */
export interface HandedOff {
  /** Has it closed. */
  destroy(): void;
}

/**
 * A way to give the connection of a WebSocket to the process of its peer, which then answers it as if it had come in
 * directly and costs nothing here any more.
 */
export interface HandOffTarget {
  /** False while the process cannot take one. */
  readonly available: boolean;
  /**
   * @param socket not read any more; stays open here until it is destroyed here too
   * @param text the request head for the peer and what came behind it, a byte string
   * @param idleMs milliseconds of silence after which the connection is closed
   */
  give(socket: Socket, text: string, idleMs: number, listener: HandOffListener): HandedOff;
}
