import { expect, test } from 'vitest';
import { HOST, LISTEN_ADDRESS, positive, readBy, SERVER_URL, showTime, time } from './kinds.js';
import type { Kind } from './settings.js';

function refusal(kind: Kind<unknown>, text: string): string {
  try {
    kind.read('--it', text);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'accepted';
}

test.each([
  ['500ms', 500],
  ['20s', 20_000],
  ['1m30s', 90_000],
  ['1h', 3_600_000],
  ['2.5', 2_500],
])('the time %s is %i ms', (text, ms) => {
  expect(time().read('--it', text)).toBe(ms);
});

test('a time is shown in whole seconds where it has some', () => {
  expect([showTime(20_000), showTime(1_500)]).toEqual(['20s', '1500ms']);
});

test('a listen address is a port of 127.0.0.1 or names its host', () => {
  expect(LISTEN_ADDRESS.read('--it', '80')).toEqual({ host: '127.0.0.1', port: 80 });
  expect(LISTEN_ADDRESS.read('--it', '[::1]:0')).toEqual({ host: '::1', port: 0 });
  expect(refusal(LISTEN_ADDRESS, '70000')).toContain('expected PORT or HOST:PORT');
});

test('a host loses its brackets', () => {
  expect(HOST.read('--it', '[::1]')).toBe('::1');
  expect(refusal(HOST, 'a b')).toBe('--it: expected an address or host name, got "a b"');
});

test('a server URL is an origin', () => {
  expect(SERVER_URL.read('--it', 'wss://a:1/')).toBe('https://a:1');
  expect(refusal(SERVER_URL, 'http://a/chat')).toContain("without a path: Socket.IO's is /socket.io/");
  expect(refusal(SERVER_URL, 'localhost:3102')).toContain('expected a URL such as http://127.0.0.1:3102');
});

test('a positive number may have a fraction', () => {
  expect(positive(10).read('--it', '2.5')).toBe(2.5);
  expect(refusal(positive(10), '0')).toBe('--it: expected a number above 0 and up to 10, got "0"');
});

test('an error of another reader becomes a mistake of the user, any other one is thrown on', () => {
  class Refused extends Error {}
  const kind = (error: Error): Kind<never> =>
    readBy(
      'X',
      () => {
        throw error;
      },
      Refused,
    );
  expect(() => kind(new Refused('expected y')).read('--it', '')).toThrow(
    expect.objectContaining({ code: 'usage', message: '--it: expected y' }),
  );
  expect(() => kind(new TypeError('a bug')).read('--it', '')).toThrow(TypeError);
});
