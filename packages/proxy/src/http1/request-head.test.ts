import { describe, expect, test } from 'vitest';
import { ProxyError } from '../errors.js';
import type { RequestHead } from './request-head.js';
import { readRequestHead } from './request-head.js';

const limits = { line: 8_192, head: 32_768, fields: 100, invalidNames: 'refuse', underscores: true } as const;

function read(text: string): RequestHead {
  const head = readRequestHead(text, 0, limits);
  if (head === undefined) throw new Error('the head is not whole');
  return head;
}

function asks(line: string, fields: string): boolean {
  return read(`${line}\r\nHost: a\r\n${fields}\r\n`).asksWebSocket;
}

/** The status the text is refused with, or 200. */
function verdict(text: string): number {
  try {
    return readRequestHead(text, 0, limits) === undefined ? 0 : 200;
  } catch (error) {
    if (error instanceof ProxyError) return error.status;
    throw error;
  }
}

const fieldLines = (count: number): string => Array.from({ length: count }, (_, index) => `X-${index}: v\r\n`).join('');

describe('a refused request head', () => {
  test.each<[number, string, string]>([
    [400, 'Content-Length and Transfer-Encoding', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'],
    [400, 'Transfer-Encoding and Content-Length', 'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n'],
    [400, 'Content-Length 0 and Transfer-Encoding', 'Content-Length: 0\r\nTransfer-Encoding: chunked\r\n'],
    [400, 'the same Content-Length twice', 'Content-Length: 5\r\nContent-Length: 5\r\n'],
    [400, 'two Content-Lengths that differ', 'Content-Length: 5\r\nContent-Length: 6\r\n'],
    [400, 'a Content-Length list', 'Content-Length: 5, 5\r\n'],
    [400, 'an empty Content-Length', 'Content-Length:\r\n'],
    [400, 'a signed Content-Length', 'Content-Length: +5\r\n'],
    [400, 'a negative Content-Length', 'Content-Length: -5\r\n'],
    [400, 'a hexadecimal Content-Length', 'Content-Length: 0x5\r\n'],
    [400, 'a fractional Content-Length', 'Content-Length: 5.0\r\n'],
    [400, 'blanks in Content-Length', 'Content-Length: 5 5\r\n'],
    [400, 'a Content-Length past every integer', 'Content-Length: 9999999999999999999\r\n'],
    [501, 'Transfer-Encoding gzip', 'Transfer-Encoding: gzip\r\n'],
    [501, 'Transfer-Encoding gzip, chunked', 'Transfer-Encoding: gzip, chunked\r\n'],
    [501, 'Transfer-Encoding chunked, identity', 'Transfer-Encoding: chunked, identity\r\n'],
    [501, 'Transfer-Encoding identity', 'Transfer-Encoding: identity\r\n'],
    [501, 'an empty Transfer-Encoding', 'Transfer-Encoding:\r\n'],
    [501, 'Transfer-Encoding in quotes', 'Transfer-Encoding: "chunked"\r\n'],
    [400, 'two Transfer-Encodings', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'],
    [501, 'a parameter on chunked', 'Transfer-Encoding: chunked;q=1\r\n'],
    [400, 'a vertical tab before chunked', 'Transfer-Encoding: \x0bchunked\r\n'],
    [400, 'a line folded by a space', 'X-A: 1\r\n folded: 2\r\n'],
    [400, 'a line folded by a tab', 'X-A: 1\r\n\tfolded\r\n'],
    [400, 'a first line that is folded', ' X-A: 1\r\n'],
    [400, 'a bare CR in a value', 'X-A: 1\r2\r\n'],
    [400, 'a bare CR that hides a line', 'X-A: 1\rContent-Length: 5\r\n'],
    [400, 'a bare CR as a line', 'X-A: 1\r\n\rX-B: 2\r\n'],
    [400, 'two CRs before the LF', 'X-A: 1\r\r\n'],
    [400, 'NUL in a value', 'X-A: 1\x002\r\n'],
    [400, 'NUL in a name', 'X-\x00A: 1\r\n'],
    [400, 'a control character in a value', 'X-A: \x01\r\n'],
    [400, 'a backspace in a value', 'X-A: a\x08b\r\n'],
    [400, 'DEL in a value', 'X-A: \x7f\r\n'],
    [400, 'an escape character in a value', 'X-A: \x1b[0m\r\n'],
    [400, 'a space before the colon', 'X-A : 1\r\n'],
    [400, 'a tab before the colon', 'Content-Length\t: 1\r\n'],
    [400, 'a space in a name', 'X A: 1\r\n'],
    [400, 'an empty name', ': 1\r\n'],
    [400, 'a line without a colon', 'nonsense\r\n'],
    [400, 'a name that is no token', 'X(A): 1\r\n'],
    [400, 'a name beyond ASCII', 'X-\xe4: 1\r\n'],
    [400, 'a second Host', 'Host: b\r\n'],
    [400, 'the same Host twice', 'Host: a\r\n'],
    [494, '101 fields', fieldLines(100)],
    [494, 'a line over the limit', `X-A: ${'v'.repeat(8_192)}\r\n`],
    [494, 'a head over the limit', `X-A: ${'v'.repeat(8_000)}\r\n`.repeat(5)],
  ])('a head is refused with %i: %s', (status, _name, lines) => {
    expect(verdict(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`)).toBe(status);
  });

  test.each<[number, string]>([
    [400, ' GET / HTTP/1.1\r\nHost: a'],
    [400, '\tGET / HTTP/1.1\r\nHost: a'],
    [400, 'GET\t/ HTTP/1.1\r\nHost: a'],
    [400, 'GET /\tHTTP/1.1\r\nHost: a'],
    [400, 'GET /a b HTTP/1.1\r\nHost: a'],
    [400, 'GET /a\tb HTTP/1.1\r\nHost: a'],
    [400, 'GET /a\x00b HTTP/1.1\r\nHost: a'],
    [400, 'GET /a\rb HTTP/1.1\r\nHost: a'],
    [400, 'GET / HTTP/1.1\r\r\nHost: a'],
    [400, 'GET\r\nHost: a'],
    [400, 'GET HTTP/1.1\r\nHost: a'],
    [400, 'G(T / HTTP/1.1\r\nHost: a'],
    [400, 'G\xc9T / HTTP/1.1\r\nHost: a'],
    [400, 'GET / http/1.1\r\nHost: a'],
    [400, 'GET / HTTP/1\r\nHost: a'],
    [505, 'GET / HTTP/11\r\nHost: a'],
    [400, 'GET / HTTP/1,1\r\nHost: a'],
    [400, 'GET / HTTP/1.x\r\nHost: a'],
    [400, 'GET / HTTQ/1.1\r\nHost: a'],
    [505, 'GET / HTTP/2.0\r\nHost: a'],
    [400, 'GET / HTTP/0.9\r\nHost: a'],
    [400, 'GET /'],
    [400, 'PRI * HTTP/2.0\r\n\r\nSM'],
    [400, 'POST /'],
    [400, 'GET /%zz HTTP/1.1\r\nHost: a'],
    [400, 'GET /a/../../b HTTP/1.1\r\nHost: a'],
    [400, 'OPTIONS * HTTP/1.1\r\nHost: a'],
    [400, 'GET http://other#x HTTP/1.1\r\nHost: a'],
    [400, 'get / HTTP/1.1\r\nHost: a'],
    [400, 'GET / HTTP/1.1\r\nHost: a..b'],
    [400, 'GET / HTTP/1.1\r\nHost: .'],
    [405, 'CONNECT a:80 HTTP/1.1\r\nHost: a'],
    [405, 'TRACE / HTTP/1.1\r\nHost: a'],
    [400, 'GET path HTTP/1.1\r\nHost: a'],
    [400, 'GET * HTTP/1.1\r\nHost: a'],
    [400, 'GET a:80 HTTP/1.1\r\nHost: a'],
    [400, 'GET http:/// HTTP/1.1\r\nHost: a'],
    [400, 'GET http://user@a/ HTTP/1.1\r\nHost: a'],
    [400, 'GET http://a:b/ HTTP/1.1\r\nHost: a'],
    [400, 'GET / HTTP/1.1\r\nX-A: 1'],
    [400, 'GET / HTTP/1.1\r\nHost:'],
    [400, 'GET / HTTP/1.1\r\nHost: a b'],
    [400, 'GET / HTTP/1.1\r\nHost: a/b'],
    [400, 'GET / HTTP/1.0\r\nHost: a\r\nHost: a'],
    [400, 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked'],
    [414, `GET /${'a'.repeat(8_192)} HTTP/1.1\r\nHost: a`],
  ])('a head is refused with %i: %j', (status, lines) => {
    expect(verdict(`${lines}\r\n\r\n`)).toBe(status);
  });

  test.each<[number, string, string]>([
    [414, 'a request line without end', 'GET /' + 'a'.repeat(8_192)],
    [494, 'a header line without end', `GET / HTTP/1.1\r\nX-A: ${'v'.repeat(8_200)}`],
    [494, 'a head without end', `GET / HTTP/1.1\r\n${`X-A: ${'v'.repeat(1_000)}\r\n`.repeat(33)}`],
    [494, 'empty lines without end', '\r\n'.repeat(16_500)],
  ])('an incomplete head is refused with %i: %s', (status, _name, text) => {
    expect(verdict(text)).toBe(status);
  });
});

describe('an accepted request head', () => {
  test('a Host may be any text without white space, slash and double dot', () => {
    for (const host of ['a@b', 'a:80:80', '[::1', '\xe4', '.a', 'a.:1']) {
      expect(read(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`).host).toBe(host);
    }
  });

  test('lines may end in a bare LF', () => {
    const head = read('GET /a HTTP/1.1\nHost: a\nX-A: 1\n\n');
    expect([head.method, head.target, head.host, head.get('x-a'), head.length]).toEqual(['GET', '/a', 'a', '1', 32]);
  });

  test('CRLF and bare LF may be mixed', () => {
    expect(read('GET /a HTTP/1.1\r\nHost: a\nX-A: 1\r\n\nnext').names).toEqual(['Host', 'X-A']);
  });

  test('empty lines before a head are skipped and count in its length', () => {
    const head = read('\r\n\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nrest');
    expect([head.method, head.length]).toEqual(['GET', 32]);
  });

  test.each([
    ['GET http://other:81/a?b HTTP/1.1', 'other:81', '/a?b'],
    ['GET HTTP://other HTTP/1.1', 'other', '/'],
    ['GET https://other?b HTTP/1.1', 'other', '/?b'],
    ['GET ftp://other/a HTTP/1.1', 'other', '/a'],
    ['GET  /a   HTTP/1.10  ', 'a', '/a'],
    ['GET http://[::1]:81/ HTTP/1.1', '[::1]:81', '/'],
    ['GET /a#b HTTP/1.1', 'a', '/a'],
    ['GET //a HTTP/1.1', 'a', '//a'],
    ['OPTIONS http://other HTTP/1.1', 'other', '/'],
    ['OPTIONS http://other/ HTTP/1.1', 'other', '/'],
    ['GET / HTTP/1.7', 'a', '/'],
  ])('%s: the host is %s, the target %s', (line, host, target) => {
    const head = read(`${line}\r\nHost: a\r\n\r\n`);
    expect([head.host, head.target]).toEqual([host, target]);
  });

  test('HTTP/1.0 needs no Host, and closes unless it says keep-alive', () => {
    const plain = read('GET / HTTP/1.0\r\n\r\n');
    expect([plain.host, plain.minor, plain.close]).toEqual(['', 0, true]);
    expect(read('GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n').close).toBe(false);
  });

  test('a head may have 100 fields', () => {
    expect(verdict(`GET / HTTP/1.1\r\nHost: a\r\n${fieldLines(99)}\r\n`)).toBe(200);
  });

  test('values may be empty and contain tabs and bytes beyond ASCII', () => {
    const head = read('GET / HTTP/1.1\r\nHost:\ta \r\nX-A:\r\nX-B: \t a\tb\xff \t\r\n\r\n');
    expect(head.values).toEqual(['a', '', 'a\tb\xff']);
  });

  test('the bytes after a head may be binary', () => {
    expect(verdict('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n\x00\x01\r')).toBe(200);
  });
});

test('a request head is incomplete before its last byte', () => {
  const text = '\r\nPOST /a?b HTTP/1.1\r\nHost: a\nX-A: 1\r\nContent-Length: 5\r\n\r\n';
  for (let length = 0; length < text.length; length++) expect(verdict(text.slice(0, length))).toBe(0);
  expect(verdict(text)).toBe(200);
});

describe('field names with bytes other than letters, digits and hyphens', () => {
  const text = 'GET / HTTP/1.1\r\nHost: a\r\nX_A: 1\r\nX.A: 2\r\nX(A): 3\r\nnothing\r\n\r\n';
  test.each([
    ['ignore', false, ['Host', 'nothing']],
    ['ignore', true, ['Host', 'X_A', 'nothing']],
    ['pass', false, ['Host', 'X_A', 'X.A', 'X(A)', 'nothing']],
  ] as const)('invalidNames %s with underscores %s keeps the expected fields', (invalidNames, underscores, names) => {
    expect(readRequestHead(text, 0, { ...limits, invalidNames, underscores })?.names).toEqual(names);
  });

  test.each([' X: 1', 'X : 1', ': 1', 'X\x7f: 1'])('the line %j is refused by every rule', (bad) => {
    for (const invalidNames of ['ignore', 'pass'] as const) {
      const head = `GET / HTTP/1.1\r\nHost: a\r\n${bad}\r\n\r\n`;
      expect(() => readRequestHead(head, 0, { ...limits, invalidNames, underscores: true })).toThrow('header line');
    }
  });
});

test('the error of a refused head has the part that was read', () => {
  let refused: unknown;
  try {
    readRequestHead('GET /a HTTP/1.1\r\nHost: b\r\nX : 1\r\n\r\n', 0, limits);
  } catch (error) {
    refused = error;
  }
  expect(refused).toMatchObject({ head: { line: 'GET /a HTTP/1.1', target: '/a', names: ['Host'], values: ['b'] } });
});

describe('Connection', () => {
  test.each([
    ['close', { close: true, connectionUpgrade: false }],
    ['Close', { close: true, connectionUpgrade: false }],
    ['keep-alive, Upgrade', { close: false, connectionUpgrade: true }],
    ['UPGRADE', { close: false, connectionUpgrade: true }],
    [' x-a , close,', { close: true, connectionUpgrade: false }],
  ])('Connection: "%s" is read', (value, expected) => {
    expect(read(`GET / HTTP/1.1\r\nHost: a\r\nConnection: ${value}\r\n\r\n`)).toMatchObject(expected);
  });

  test('only an HTTP/1.1 GET with Connection and Upgrade opens a WebSocket', () => {
    expect(asks('GET / HTTP/1.1', 'Connection: Upgrade\r\nUpgrade: WebSocket\r\n')).toBe(true);
    expect(asks('GET / HTTP/1.1', 'Upgrade: websocket\r\n')).toBe(false);
    expect(asks('GET / HTTP/1.1', 'Connection: upgrade\r\n')).toBe(false);
    expect(asks('GET / HTTP/1.1', 'Connection: upgrade\r\nUpgrade: h2c\r\n')).toBe(false);
    expect(asks('POST / HTTP/1.1', 'Connection: upgrade\r\nUpgrade: websocket\r\n')).toBe(false);
    // RFC 9110 7.8
    expect(asks('GET / HTTP/1.0', 'Connection: upgrade\r\nUpgrade: websocket\r\n')).toBe(false);
  });
});
