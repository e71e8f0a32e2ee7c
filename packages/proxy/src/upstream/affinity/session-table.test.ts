import { expect, test } from 'vitest';
import { SessionTable } from './session-table.js';

test('a session is found by its id or else by its tag, only in its own upstream', () => {
  const table = new SessionTable();
  table.learned('app', 'sid', 'plain', 'a:1');
  table.learned('app', 'tag', 'n1', 'b:1');
  table.learned('app', 'sid', 'n1.moved', 'c:1');
  const sids = ['plain', 'n1.x', 'n1.moved', 'n2.x', 'other'];
  expect(sids.map((sid) => table.find('app', sid))).toEqual(['a:1', 'b:1', 'c:1', undefined, undefined]);
  expect(sids.map((sid) => table.find('web', sid))).toEqual(sids.map(() => undefined));
  expect([...table.tags()]).toEqual([{ upstream: 'app', tag: 'n1', peer: 'b:1' }]);
});

test('the least recently used id is forgotten', () => {
  const table = new SessionTable(2);
  table.learned('app', 'sid', 'one', 'a:1');
  table.learned('app', 'sid', 'two', 'a:1');
  table.find('app', 'one');
  table.learned('app', 'sid', 'three', 'a:1');
  expect(['one', 'two', 'three'].map((sid) => table.find('app', sid))).toEqual(['a:1', undefined, 'a:1']);
});
