import { NodeXHR, type TransportReservedEvents } from 'engine.io-client';

/**
 * The short way of the two messages of which there are many, past the library's queues and listeners: through Engine.IO
 * as they are written on the wire (Socket.IO protocol 5, default namespace). All else goes the library's way.
 */

const SAID = '2["said",{';
const PAYLOAD = ',"payload":"';
const SAID_END = '"}]';

/** An id that the library, which counts from 0, does not come to: its answers are ours. */
const ECHO_ID = 1_000_000_000;
const ECHOED = `3${ECHO_ID}["`;
const ECHOED_END = '"]';

/** The packet that says `payload` in `room`. */
export function sayPacket(room: string, payload: string): string {
  return `2["say",${JSON.stringify(room)},${JSON.stringify(payload)}]`;
}

/** The packet that asks for `payload` to be echoed. */
export function echoPacket(payload: string): string {
  return `2${ECHO_ID}["echo",${JSON.stringify(payload)}]`;
}

/**
 * The text that a room message (`said`, with its payload last) or the answer to an {@link echoPacket} carries. Undefined
 * for anything else, also for a text with something escaped in it. Of `said`, what stands before the payload is not looked at.
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
  // A quote before the end ends the text, or is escaped, and so may others be: for a parser.
  const plain = packet.indexOf('"', start) === end && !packet.includes('\\', start);
  return plain ? packet.slice(start, end) : undefined;
}

/** Whoever looks at a Socket.IO packet before the library does; true keeps it from the library. */
export type Take = (packet: string) => boolean;

export interface TakeOption {
  readonly take: Take;
}

type Packet = Parameters<TransportReservedEvents['packet']>[0];

/** The library's polling transport, with the short way. */
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
