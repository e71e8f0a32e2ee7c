/** The start of every payload, by which a receiver identifies the message. */
export interface Stamp {
  /** The run: messages of an older run are ignored. */
  readonly run: string;
  readonly room: number;
  /** The sender: its place in the room. */
  readonly member: number;
  /** Number of the message in its room, from 0. */
  readonly message: number;
  /** Number of the message among those of its sender, from 0. */
  readonly sequence: number;
  /** The planned time of the send, in milliseconds since the stage began. */
  readonly plannedMs: number;
}

/** Room for the longest stamp. */
export const PAYLOAD_MIN = 48;
/** Socket.IO servers close the connection on more than 1 MB. */
export const PAYLOAD_MAX = 999_000;

/** A text of `size` bytes (from {@link PAYLOAD_MIN}) that begins with the stamp. */
export function writePayload(stamp: Stamp, size: number): string {
  const { run, room, member, message, sequence } = stamp;
  return `${run}:${room}:${member}:${message}:${sequence}:${Math.round(stamp.plannedMs)}:`.padEnd(size, 'x');
}

/**
 * The message number in a payload of this run and room, or -1 for anything else. The rest of the payload is not read,
 * because the ledger of the room has the same values.
 *
 * @param prefix `run:room:`
 */
export function messageOf(payload: unknown, prefix: string): number {
  if (typeof payload !== 'string' || !payload.startsWith(prefix)) return -1;
  const at = payload.indexOf(':', prefix.length) + 1;
  if (at === 0) return -1;
  let message = 0;
  let index = at;
  for (; index < payload.length; index++) {
    const digit = payload.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) break;
    message = message * 10 + digit;
  }
  return index === at || payload[index] !== ':' || message > 0x7fffffff ? -1 : message;
}
