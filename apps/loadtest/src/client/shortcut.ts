import { NodeXHR, type TransportReservedEvents } from 'engine.io-client';

/**
 * The shortcut of room messages and echoes, of which there are many: they pass through Engine.IO as they are on the wire
 * (Socket.IO protocol 5, default namespace), without the library's queues and listeners. All other packets take the library's way.
 */

const SAID = '2["said",{';
const PAYLOAD = ',"payload":"';
const SAID_END = '"}]';

/** An ack id that the library, which counts from 0, does not reach: its answers are ours. */
const ECHO_ID = 1_000_000_000;
const ECHOED = `3${ECHO_ID}["`;
const ECHOED_END = '"]';

/** The packet that sends `payload` to `room`. */
export function sayPacket(room: string, payload: string): string {
  return `2["say",${JSON.stringify(room)},${JSON.stringify(payload)}]`;
}

/** The packet that asks for `payload` to be echoed. */
export function echoPacket(payload: string): string {
  return `2${ECHO_ID}["echo",${JSON.stringify(payload)}]`;
}

/**
 * The payload of a room message (`said`, whose last field it is) or of the answer to an {@link echoPacket}. Undefined for any
 * other packet, and for a payload with an escape. The fields of `said` before the payload are not read.
 */
export function carriedText(packet: string): string | undefined {
  let start = 0;
  let end = packet.length;
  if (packet.startsWith(SAID) && packet.endsWith(SAID_END)) {
    const key = packet.indexOf(PAYLOAD, SAID.length);
    if (key === -1) return undefined;
    start = key + PAYLOAD.length;
    end -= SAID_END.length;
  } else if (packet.startsWith(ECHOED) && packet.endsWith(ECHOED_END)) {
    start = ECHOED.length;
    end -= ECHOED_END.length;
  } else return undefined;
  // A quote before the end closes the text or is escaped: a parser has to read it.
  const plain = packet.indexOf('"', start) === end && !packet.includes('\\', start);
  return plain ? packet.slice(start, end) : undefined;
}

/** Gets a Socket.IO packet before the library. @returns true when the library must not get it */
export type Take = (packet: string) => boolean;

export interface TakeOption {
  readonly take: Take;
}

type Packet = Parameters<TransportReservedEvents['packet']>[0];

/** The library's polling transport, with the shortcut. */
export class ShortcutPolling extends NodeXHR {
  readonly #take: Take;

  constructor(options: TakeOption) {
    super(options);
    this.#take = options.take;
  }

  protected override onPacket(packet: Packet): void {
    const data: unknown = packet.data;
    if (packet.type === 'message' && typeof data === 'string' && this.#take(data)) return;
    super.onPacket(packet);
  }
}
