import { describe, expect, it } from 'vitest';
import { isRoomName, readQuery, withRoom } from './query.js';

describe('readQuery', () => {
  it('reads a room and a transport', () => {
    expect(readQuery('?room=lobby&transport=polling')).toEqual({ room: 'lobby', transport: 'polling' });
    expect(readQuery('?transport=websocket')).toEqual({ transport: 'websocket' });
    expect(readQuery('?room=a%26b%20%F0%9F%8E%A1')).toEqual({ room: 'a&b 🎡' });
  });

  it('ignores absent, empty, too long and unknown values', () => {
    expect(readQuery('')).toEqual({});
    expect(readQuery('?room=&transport=carrier-pigeon')).toEqual({});
    expect(readQuery(`?room=${'x'.repeat(129)}`)).toEqual({});
    expect(readQuery('?room=%E0%A4%A')).toHaveProperty('room');
  });
});

describe('isRoomName', () => {
  it('takes 1 to 128 UTF-16 code units', () => {
    expect([0, 1, 128, 129].map((length) => isRoomName('x'.repeat(length)))).toEqual([false, true, true, false]);
  });
});

describe('withRoom', () => {
  it('replaces the room and keeps the rest', () => {
    expect(withRoom('?transport=polling&room=a', 'b c')).toBe('?transport=polling&room=b+c');
    expect(withRoom('', 'lobby')).toBe('?room=lobby');
  });

  it('removes the room', () => {
    expect(withRoom('?room=a&transport=polling', undefined)).toBe('?transport=polling');
    expect(withRoom('?room=a', undefined)).toBe('');
  });

  it('is read back by readQuery', () => {
    const room = '<img src=x> & مرحبا #?=';
    expect(readQuery(withRoom('', room))).toEqual({ room });
  });
});
