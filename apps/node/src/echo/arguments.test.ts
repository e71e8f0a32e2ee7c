import { describe, expect, it } from 'vitest';
import { payload, roomName } from './arguments.js';

describe('a room is a text of 1 to 128 characters', () => {
  it.each(['a', 'x'.repeat(128), '  ', '__proto__', '\u0000', '😀', 'a#b*c'])('such as %j', (room) => {
    expect(roomName(room)).toBe(room);
  });

  it.each([
    ['', 'an empty one'],
    ['x'.repeat(129), 'one of 129'],
    ['\ud800', 'one of 1'],
    [7, 'type number'],
    [null, 'null'],
  ])('not %j', (value, got) => {
    expect(() => roomName(value)).toThrow(got);
  });

  it.each([
    [undefined, 'nothing'],
    [['a'], 'a list'],
    [{}, 'type object'],
    [Buffer.from('a'), 'type object'],
  ])('nor %j', (value, got) => {
    expect(() => roomName(value)).toThrow(got);
  });
});

function nested(levels: number): unknown {
  let value: unknown = 'core';
  for (let i = 0; i < levels; i += 1) value = i % 2 === 0 ? [value] : { value };
  return value;
}

describe('a payload', () => {
  it.each([null, false, 0, '', [], {}, Buffer.from('x'), nested(200)])('may be %j', (value) => {
    expect(payload(['room', value], 1)).toBe(value);
  });

  it('is there', () => {
    expect(() => payload(['room'], 1)).toThrow('payload: expected one, got nothing');
  });

  it('is nested at most 200 levels deep', () => {
    expect(() => payload(['room', nested(201)], 1)).toThrow('expected at most 200 levels');
    expect(() => payload(['room', nested(1_000_000)], 1)).toThrow('expected at most 200 levels');
  });
});
