import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { engineParameter, opensSession, sidOf } from './engine-request.js';

describe('engineParameter', () => {
  it.each([
    ['/socket.io/?EIO=4&transport=polling&sid=abc', 'abc'],
    ['/socket.io/?sid=abc&transport=polling&EIO=4', 'abc'],
    ['/?sid=first&sid=last', 'last'],
    ['/?sid=first&sid=', ''],
    ['/?sid=first&sid', ''],
    ['/?xsid=abc', undefined],
    ['/?sidx=abc', undefined],
    ['/?x=sid=abc', undefined],
    ['/?s%69d=abc', 'abc'],
    ['/?sid=first&s%69d=last', 'last'],
    ['/?sid=a%2eb', 'a.b'],
    ['/?sid=a+b', 'a b'],
    ['/?sid=%zz', '%zz'],
    ['/?sid=abc#&sid=def', 'abc'],
    ['/#?sid=abc', undefined],
    ['/?a?sid=abc', undefined],
    ['/sid=abc', undefined],
    ['/?', undefined],
    ['/?&&', undefined],
    ['', undefined],
  ])('reads the sid of %j as %j', (target, sid) => {
    expect(engineParameter(target, 'sid')).toBe(sid);
  });

  it('reads every query as the URL class does, which Engine.IO uses', () => {
    const part = fc.oneof(
      fc.constantFrom('sid', 's%69d', 'EIO', 'transport', '=', '&', '?', '%', '+', '%2e', 'a', '.', '-', '%FF'),
      fc.stringMatching(/^[!-~]{0,4}$/),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const target = `/socket.io/?${parts.join('')}`;
        const { searchParams } = new URL(target, 'https://socket.io');
        for (const name of ['EIO', 'transport', 'sid'] as const) {
          expect(engineParameter(target, name)).toBe(searchParams.getAll(name).at(-1));
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('sidOf', () => {
  it.each([
    ['/socket.io/?EIO=4&transport=websocket&sid=tag.abc', 'tag.abc'],
    ['/socket.io/?EIO=4&transport=websocket', ''],
    ['/echo', ''],
    ['/echo?insider=1', ''],
  ])('reads %j as %j', (target, sid) => {
    expect(sidOf(target)).toBe(sid);
  });
});

describe('opensSession', () => {
  it.each([
    ['/socket.io/?EIO=4&transport=polling', true],
    ['/socket.io/?EIO=4&transport=websocket&sid=', true],
    ['/socket.io/?EIO=4&transport=polling&sid=abc', false],
    ['/socket.io/?sid=&EIO=4&transport=polling&sid=abc', false],
    ['/socket.io/socket.io.min.js', false],
    ['/socket.io/socket.io.min.js?transport=', true],
    ['/other/?EIO=4&transport=polling', false],
    ['/', false],
  ])('takes %j for a request that opens a session: %s', (target, opens) => {
    expect(opensSession(target, '/socket.io/')).toBe(opens);
  });
});
