/** The options with which Socket.IO's adapter passes a packet to Engine.IO: one object for all recipients of a broadcast. */
export interface WriteOptions {
  /** True for a broadcast. */
  readonly preEncoded?: boolean;
  /** The parts of its WebSocket frame, when the packet is one text. */
  readonly wsPreEncodedFrame?: Buffer[];
}

const TEXT = 1;
const BINARY = 2;
/** The Engine.IO packet type `message`, which precedes a text. */
const MESSAGE = '4';

/** Frames of packets in several parts, by the options that all recipients share. */
const frames = new WeakMap<WriteOptions, Map<unknown, Buffer>>();

/**
 * The WebSocket frame of a packet of a broadcast: encoded for the first recipient, the same buffer for all others.
 *
 * @param binary true when the recipient takes binary data as it is
 * @returns undefined for a packet to a single client, and for data of another kind
 */
export function broadcastFrame(data: unknown, options: WriteOptions | undefined, binary: boolean): Buffer | undefined {
  const parts = options?.wsPreEncodedFrame;
  if (parts !== undefined) {
    // Joined in place, so that recipients which Engine.IO itself writes to share it too.
    if (parts.length > 1) parts.splice(0, parts.length, Buffer.concat(parts));
    return parts[0];
  }
  if (options?.preEncoded !== true || !binary) return undefined;
  const known = frames.get(options)?.get(data);
  if (known !== undefined) return known;
  const frame = encode(data);
  if (frame === undefined) return undefined;
  const others = frames.get(options);
  if (others === undefined) frames.set(options, new Map([[data, frame]]));
  else others.set(data, frame);
  return frame;
}

function encode(data: unknown): Buffer | undefined {
  if (typeof data === 'string') return frameOf(TEXT, Buffer.from(MESSAGE + data));
  return ArrayBuffer.isView(data)
    ? frameOf(BINARY, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    : undefined;
}

/** An unmasked frame that is a whole message (RFC 6455, 5.2). */
function frameOf(opcode: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = 0x80 | opcode;
  if (start === 2) {
    frame[1] = length;
  } else if (start === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.set(payload, start);
  return frame;
}
