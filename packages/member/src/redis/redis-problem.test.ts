import { expect, it } from 'vitest';
import { redisProblem } from './redis-problem.js';

it.each([
  [Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }), 'connection refused'],
  [new Error("ERR unknown command 'ssubscribe', with args beginning with: 'a'"), 'sharded channels need Redis 7'],
  [new Error('cannot reach redis://me:secret@host:1'), 'cannot reach redis://***@host:1'],
  ['a text', 'unknown failure'],
])('%s reads "%s"', (error, text) => {
  expect(redisProblem(error)).toBe(text);
});
