import { describe, expect, it } from 'vitest';
import { payload, roomName } from './arguments.js';

describe('roomName', () => {
  it.each(['a', 'x'.repeat(128), '  ', '__proto__', '\u0000', '😀', 'a#b*c'])('accepts %j', (room) => {
    expect(roomName(room)).toBe(room);
  });

  it.each([
    ['', 'got a text of 0'],
    ['x'.repeat(129), 'got a text of 129'],
    ['\ud800', 'got a text of 1'],
    [7, 'type number'],
    [null, 'null'],
  ])('refuses %j: %s', (value, got) => {
    expect(() => roomName(value)).toThrow(got);
  });

  it.each([
    [undefined, 'nothing'],
    [['a'], 'a list'],
    [{}, 'type object'],
    [Buffer.from('a'), 'type object'],
  ])('refuses %j: %s', (value, got) => {
    expect(() => roomName(value)).toThrow(got);
  });
});

function nested(levels: number): unknown {
  let value: unknown = 'core';
  for (let i = 0; i < levels; i += 1) value = i % 2 === 0 ? [value] : { value };
  return value;
}

describe('payload', () => {
  it.each([null, false, 0, '', [], {}, Buffer.from('x'), nested(200)])('accepts %j', (value) => {
    expect(payload(['room', value], 1)).toBe(value);
  });

  it('refuses a missing payload', () => {
    expect(() => payload(['room'], 1)).toThrow('payload: missing, expected any value');
  });

  it('refuses a payload of more than 200 levels', () => {
    expect(() => payload(['room', nested(201)], 1)).toThrow('expected at most 200 levels');
    expect(() => payload(['room', nested(1_000_000)], 1)).toThrow('expected at most 200 levels');
  });
});
