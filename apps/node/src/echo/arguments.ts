import { ROOM_NAME_MAX } from '@pinwheel/protocol';
import { RefusedError } from '../contract.js';

/** Levels of a payload, at most: every node on its way walks through it. */
const DEPTH_MAX = 200;

/** Checks the name of a room. @throws RefusedError (`bad_argument`) */
export function roomName(value: unknown): string {
  // Half a surrogate pair has no UTF-8 form: its room would have another name in Redis than in this process.
  if (
    typeof value === 'string' &&
    value.length >= 1 &&
    value.length <= ROOM_NAME_MAX &&
    !/\p{Surrogate}/u.test(value)
  ) {
    return value;
  }
  throw new RefusedError(
    'bad_argument',
    `room: expected a text of 1 to ${ROOM_NAME_MAX} characters, got ${shown(value)}`,
  );
}

/** Checks the text of a message. @throws RefusedError (`bad_argument`) */
export function messageText(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new RefusedError('bad_argument', `message: expected a text, got ${shown(value)}`);
}

/** Reads the payload among the arguments. @throws RefusedError (`bad_argument`) when it is missing or nested too deeply */
export function payload(args: readonly unknown[], at: number): unknown {
  if (at >= args.length) throw new RefusedError('bad_argument', 'payload: missing, expected any value');
  const value = args[at];
  if (!shallow(value, DEPTH_MAX)) {
    throw new RefusedError('bad_argument', `payload: expected at most ${DEPTH_MAX} levels, got more`);
  }
  return value;
}

function shallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return true;
  if (levels === 0) return false;
  for (const inner of Object.values(value)) {
    if (!shallow(inner, levels - 1)) return false;
  }
  return true;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `a text of ${value.length}`;
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}
