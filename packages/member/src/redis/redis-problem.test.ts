import { expect, it } from 'vitest';
import { redisProblem } from './redis-problem.js';

it.each([
  [Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }), 'connection refused'],
  [
    new Error("ERR unknown command 'ssubscribe', with args beginning with: 'a'"),
    'it has no sharded channels, they came with Redis 7',
  ],
  [new Error('cannot reach redis://me:secret@host:1'), 'cannot reach redis://***@host:1'],
  ['a text', 'unknown failure'],
])('%s is told as "%s"', (error, told) => {
  expect(redisProblem(error)).toBe(told);
});
