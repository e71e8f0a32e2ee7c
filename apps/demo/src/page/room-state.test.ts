import { describe, expect, it } from 'vitest';
import { inOrder, sharesOf } from './room-state.js';

const member = (id: string, server: string) => ({ id, server, transport: 'websocket' });

describe('sharesOf', () => {
  it('counts members by server, Server2 before Server10', () => {
    const members = [member('a', 'Server10'), member('b', 'Server2'), member('c', 'Server10')];
    expect(sharesOf(members)).toEqual([
      { server: 'Server2', members: 1 },
      { server: 'Server10', members: 2 },
    ]);
  });

  it('takes any name', () => {
    expect(sharesOf([member('a', '__proto__')])).toEqual([{ server: '__proto__', members: 1 }]);
    expect(sharesOf([])).toEqual([]);
  });
});

describe('inOrder', () => {
  it('puts the page first, then servers, then ids', () => {
    const members = [member('z', 'Server1'), member('b', 'Server2'), member('a', 'Server1'), member('me', 'Server2')];
    expect(inOrder(members, 'me').map(({ id }) => id)).toEqual(['me', 'a', 'z', 'b']);
    expect(inOrder(members, undefined).map(({ id }) => id)).toEqual(['a', 'z', 'b', 'me']);
  });
});
