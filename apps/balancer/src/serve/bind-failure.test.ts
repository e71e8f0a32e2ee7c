import { expect, test } from 'vitest';
import { bindFailure } from './bind-failure.js';

function failure(code: string, errno: number, fields: object): Error {
  return Object.assign(new Error(code), { code, errno, syscall: 'listen', ...fields });
}

test.each([
  ['EADDRINUSE', -98, { address: '0.0.0.0', port: 80 }, '0.0.0.0:80 failed (98: Address already in use)'],
  ['EACCES', -13, { address: '::', port: 80 }, '[::]:80 failed (13: Permission denied)'],
  ['EADDRINUSE', -98, { address: '/run/a', port: -1 }, 'unix:/run/a failed (98: Address already in use)'],
  [
    'EADDRNOTAVAIL',
    -99,
    { address: '192.0.2.1', port: 80 },
    '192.0.2.1:80 failed (99: Cannot assign requested address)',
  ],
])('%s is reported in the words of nginx', (code, errno, fields, message) => {
  expect(bindFailure(failure(code, errno, fields))).toBe(`bind() to ${message}`);
});

test('a host name that cannot be resolved is reported with its directive', () => {
  expect(bindFailure(failure('ENOTFOUND', -3008, { syscall: 'getaddrinfo', hostname: 'no.example' }))).toBe(
    'host not found in "no.example" of the "listen" directive',
  );
});

test('an error that is not about binding has no such words', () => {
  expect(bindFailure(new Error('no'))).toBeUndefined();
});
