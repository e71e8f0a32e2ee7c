import { randomFillSync } from 'node:crypto';

/** Random bytes, made many at a time: to ask for four costs as much as for thousands. */
const pool = Buffer.allocUnsafeSlow(8_192);
let at = pool.length;

/** Copies `count` random bytes (up to 8,192) into `target` from `start`. Returns where they end. */
export function putRandom(target: Buffer, start: number, count: number): number {
  if (at + count > pool.length) {
    randomFillSync(pool);
    at = 0;
  }
  pool.copy(target, start, at, at + count);
  at += count;
  return start + count;
}
