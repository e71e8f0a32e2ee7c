import type { StreamHandle } from '@pinwheel/raw-socket';
import { streamHandle, writeStraight } from '@pinwheel/raw-socket';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';

/** A server's WebSocket that also takes frames that are encoded already, to be written as they are. */
export class FrameSocket extends WebSocket {
  #wire: Duplex | undefined;
  /** Below the wire, where it is plain TCP. */
  #handle: StreamHandle | undefined;
  /** Bytes of a frame that the kernel has not taken. */
  #underWay = 0;

  /**
   * @param wire what this WebSocket writes to. Frames may be put between its own: without extensions it has no message
   * half written and none in waiting, so that with `permessage-deflate` this must not be called
   */
  takeFrames(wire: Duplex): void {
    this.#wire = wire;
    this.#handle = wire instanceof Socket ? streamHandle(wire) : undefined;
  }

  /**
   * Writes a whole frame, in order with all that was sent before.
   *
   * @param frame must stay as it is
   * @returns false, with nothing written, when it is not open, or when the client has not taken what was written before
   */
  writeFrame(frame: Uint8Array): boolean {
    const wire = this.#wire;
    if (wire === undefined || this.#underWay > 0 || wire.writableLength > 0 || this.readyState !== WebSocket.OPEN) {
      return false;
    }
    if (this.#handle === undefined || !(wire instanceof Socket)) wire.write(frame);
    else if (!wire.destroyed) this.#underWay = writeStraight(wire, this.#handle, frame, this.#onTaken);
    return true;
  }

  readonly #onTaken = (): void => {
    this.#underWay = 0;
  };
}
