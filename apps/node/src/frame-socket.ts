import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';

/** A server's WebSocket that also takes frames that are encoded already, to be written as they are. */
export class FrameSocket extends WebSocket {
  #wire: Duplex | undefined;

  /**
   * @param wire what this WebSocket writes to. Frames may be put between its own: without extensions it has no message
   * half written and none in waiting, so that with `permessage-deflate` this must not be called
   */
  takeFrames(wire: Duplex): void {
    this.#wire = wire;
  }

  /**
   * Writes a whole frame, in order with all that was sent before.
   *
   * @returns false, with nothing written, when it is not open, or when the client has not taken what was written before
   */
  writeFrame(frame: Uint8Array): boolean {
    const wire = this.#wire;
    if (wire === undefined || wire.writableLength > 0 || this.readyState !== WebSocket.OPEN) return false;
    wire.write(frame);
    return true;
  }
}
