import { ROOM_NAME_MAX } from '@pinwheel/protocol';
import type { Refusal, RefusalCode } from '@pinwheel/protocol';

/** A request that is refused, with what the client is told. */
export class RefusedError extends Error {
  readonly code: RefusalCode;
  override name = 'RefusedError';

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }

  get refusal(): Refusal {
    return { ok: false, error: { code: this.code, message: this.message } };
  }
}

/** How deep a payload may be nested: every node on its way walks through it. */
const DEPTH_MAX = 200;

/** @throws RefusedError (`bad_argument`) unless `value` is a room's name */
export function roomName(value: unknown): string {
  // Half a surrogate pair has no UTF-8 form: it would be another room in Redis than in this process.
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

/** @throws RefusedError (`bad_argument`) unless `value` is a text */
export function messageText(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new RefusedError('bad_argument', `message: expected a text, got ${shown(value)}`);
}

/** @throws RefusedError (`bad_argument`) when there is none, or one that is nested too deeply */
export function payload(args: readonly unknown[], at: number): unknown {
  if (at >= args.length) throw new RefusedError('bad_argument', 'payload: expected one, got nothing');
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
  if (typeof value === 'string') return value === '' ? 'an empty one' : `one of ${value.length}`;
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a value of type ${typeof value}`;
}
