import { expect, test } from 'vitest';
import { MissedCount } from './missed-count.js';

function inRoom(said: Record<string, number>): MissedCount {
  const count = new MissedCount();
  count.list(list(said));
  return count;
}

function list(said: Record<string, number>): { id: string; said: number }[] {
  return Object.entries(said).map(([id, number]) => ({ id, said: number }));
}

test('messages from before the page joined are not missed', () => {
  const count = inRoom({ a: 7 });
  expect(count.hear('a', 8)).toBe(0);
  expect(count.list(list({ a: 8 }))).toBe(0);
});

test('messages while away are missed, from known and from new senders', () => {
  const count = inRoom({ a: 2 });
  count.away();
  expect(count.list(list({ a: 5, b: 4 }))).toBe(7);
  expect(count.hear('a', 6)).toBe(0);
});

test('messages received between the return and the list are not missed', () => {
  const count = inRoom({ a: 2 });
  count.away();
  count.hear('a', 5);
  count.hear('a', 6);
  count.hear('b', 2);
  expect(count.list(list({ a: 6, b: 2 }))).toBe(2 + 1);
  expect(count.hear('a', 7)).toBe(0);
});

test('a list that is older than the received messages counts none as missed', () => {
  const count = inRoom({ a: 2 });
  count.away();
  count.hear('a', 3);
  expect(count.list(list({ a: 2 }))).toBe(0);
  expect(count.hear('a', 4)).toBe(0);
});

test('a gap while connected is lost', () => {
  const count = inRoom({ a: 1 });
  expect(count.hear('a', 4)).toBe(2);
  expect(count.hear('a', 5)).toBe(0);
});

test('messages in two consecutive lists that did not arrive are lost once, those in one list may be in flight', () => {
  const count = inRoom({ a: 1 });
  expect(count.list(list({ a: 3 }))).toBe(0);
  expect(count.list(list({ a: 3 }))).toBe(2);
  expect(count.list(list({ a: 3 }))).toBe(0);
  expect(count.list(list({ a: 4 }))).toBe(0);
  count.hear('a', 4);
  expect(count.list(list({ a: 4 }))).toBe(0);
});

test('another room starts from zero', () => {
  const count = inRoom({ a: 1 });
  count.away();
  count.clear();
  expect(count.list(list({ a: 9 }))).toBe(0);
});

test('two times away without a list between them are counted together', () => {
  const count = inRoom({ a: 1 });
  count.away();
  count.hear('a', 4);
  count.away();
  expect(count.list(list({ a: 6 }))).toBe(2 + 2);
});

test('a sender who rejoins starts from zero', () => {
  const count = inRoom({ a: 5 });
  expect(count.hear('a', 1)).toBe(0);
  expect(count.hear('a', 3)).toBe(1);
});
