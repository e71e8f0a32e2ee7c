import { describe, expect, it } from 'vitest';
import { carriesSid, opensSession } from './engine-request.js';

describe('a request opens a session', () => {
  it.each([
    ['/socket.io/?EIO=4&transport=polling', true],
    ['/socket.io/?EIO=4&transport=websocket&sid=', true],
    ['/socket.io/?EIO=4&transport=polling&sid=abc', false],
    ['/socket.io/?sid=&EIO=4&transport=polling&sid=abc', false],
    ['/socket.io/socket.io.min.js', false],
    ['/socket.io/socket.io.min.js?transport=', true],
    ['/other/?EIO=4&transport=polling', false],
    ['/', false],
  ])('%s: %s', (url, opens) => {
    expect(opensSession(url, '/socket.io/')).toBe(opens);
  });
});

describe('a request names a session', () => {
  it.each([
    ['/socket.io/?EIO=4&transport=websocket&sid=tag.abc', true],
    ['/socket.io/?EIO=4&transport=websocket', false],
    ['/echo', false],
    ['/echo?insider=1', false],
  ])('%s: %s', (url, names) => {
    expect(carriesSid(url)).toBe(names);
  });
});
