import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { streamHandle, writeStraight } from '@pinwheel/raw-socket';
import type { StreamHandle } from '@pinwheel/raw-socket';

/** The parts of Engine.IO's WebSocket transport, and of the `ws` socket below it, that are used here. */
export interface Transport {
  readonly name: string;
  /** False while packets are being sent. */
  readonly writable: boolean;
  /** False for a client that asked for base64 (`b64`). */
  readonly supportsBinary: boolean;
  readonly socket?: {
    readonly readyState: number;
    /** Names the negotiated extensions; empty for none. */
    readonly extensions: string;
    readonly _socket?: unknown;
  };
}

/** `readyState` of an open WebSocket. */
const OPEN = 1;

/** Writes frames that are encoded already between those that a WebSocket of `ws` writes itself. */
export class FrameOutlet {
  readonly #socket: NonNullable<Transport['socket']>;
  readonly #wire: Duplex;
  /** The handle below `#wire` where that is a plain TCP connection. */
  readonly #handle: StreamHandle | undefined;
  /** Bytes of a frame that the kernel has not taken. */
  #inFlight = 0;

  private constructor(socket: NonNullable<Transport['socket']>, wire: Duplex) {
    this.#socket = socket;
    this.#wire = wire;
    this.#handle = wire instanceof Socket ? streamHandle(wire) : undefined;
  }

  /**
   * The outlet of a transport; undefined for polling, for WebTransport, for another WebSocket library than `ws`, and for a
   * WebSocket with extensions: `permessage-deflate` may hold a message back, and a frame would overtake it.
   */
  static of({ name, socket }: Transport): FrameOutlet | undefined {
    if (name !== 'websocket' || socket === undefined || socket.extensions !== '') return undefined;
    // `ws` does not publish its connection. Without it every broadcast goes Engine.IO's way.
    const { _socket: wire } = socket;
    return wire instanceof Duplex ? new FrameOutlet(socket, wire) : undefined;
  }

  /**
   * Writes a whole frame behind everything that was sent before.
   *
   * @param frame must stay unchanged
   * @returns false, with nothing written, when the WebSocket is not open, or when the client has not yet taken what was
   * written before
   */
  write(frame: Uint8Array): boolean {
    const wire = this.#wire;
    if (this.#inFlight > 0 || wire.writableLength > 0 || this.#socket.readyState !== OPEN) return false;
    if (this.#handle === undefined || !(wire instanceof Socket)) wire.write(frame);
    else if (!wire.destroyed) this.#inFlight = writeStraight(wire, this.#handle, frame, this.#onTaken);
    return true;
  }

  readonly #onTaken = (): void => {
    this.#inFlight = 0;
  };
}
