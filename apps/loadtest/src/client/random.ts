import { randomFillSync } from 'node:crypto';

/** A stock of random bytes: the system takes as long for four bytes as for thousands. */
const pool = Buffer.allocUnsafeSlow(8_192);
let at = pool.length;

/** Copies `count` random bytes (at most 8,192) into `target` at `start`. @returns where they end */
export function putRandom(target: Buffer, start: number, count: number): number {
  if (at + count > pool.length) {
    randomFillSync(pool);
    at = 0;
  }
  pool.copy(target, start, at, at + count);
  at += count;
  return start + count;
}
