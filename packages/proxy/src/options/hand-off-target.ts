import type { Socket } from 'node:net';
import type { HandOffEnd } from '@pinwheel/protocol';

/** Handles the result of a hand-off. `onTaken` or `onRefused` is called once, `onEnded` at most once. */
export interface HandOffListener {
  /** The peer's process has the socket: the copy here may be closed. */
  onTaken(): void;
  /** The process does not take the socket; the client has not been answered. */
  onRefused(): void;
  /** The connection has ended; undefined when its process has exited, perhaps before it had the socket. */
  onEnded(end: HandOffEnd | undefined): void;
}

/** A connection that was handed off. */
export interface HandedOff {
  /** Makes the peer's process close the connection. */
  destroy(): void;
}

/**
 * Hands the connection of a WebSocket over to the process of its peer, which answers it as if the client had connected directly.
 * From then on the connection costs this process nothing.
 */
export interface HandOffTarget {
  /** False while the process cannot take a connection. */
  readonly available: boolean;
  /**
   * Offers a connection to the process.
   *
   * @param socket is no longer read; it stays open in this process until it is destroyed
   * @param text a byte string: the request head for the peer, and the bytes that followed it
   * @param idleMs milliseconds of silence after which the connection is closed
   */
  give(socket: Socket, text: string, idleMs: number, listener: HandOffListener): HandedOff;
}
