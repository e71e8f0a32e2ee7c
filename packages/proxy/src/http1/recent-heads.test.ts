import { describe, expect, test } from 'vitest';
import { ProxyError } from '../errors.js';
import { RecentHeads } from './recent-heads.js';
import type { RequestHead } from './request-head.js';
import { findRequestHead, readRequestHead } from './request-head.js';
import type { ResponseHead } from './response-head.js';
import { readResponseHead } from './response-head.js';

const limits = { line: 200, head: 600, fields: 8, invalidNames: 'refuse', underscores: true } as const;

/** All that a reading gives, a refusal included. */
function outcome(read: () => RequestHead | ResponseHead | undefined): unknown {
  try {
    const head = read();
    const memory = { memo: undefined, isRepeated: undefined, kept: undefined, keepAliveHint: undefined };
    return head === undefined ? 'more' : { ...head, ...memory };
  } catch (error) {
    if (error instanceof ProxyError) return [error.code, error.detail];
    throw error;
  }
}

const FIELDS = [
  '\r\n',
  'Host: a\r\n\r\n',
  'Host: a\n\n',
  'Host: a\r\n\n',
  'Host: b\r\n\r\n',
  'Host: a\r\nX: 1\r\n\r\n',
  'Host: a\r\nX: 1\r\n\r\nGET /behind HTTP/1.1\r\n\r\n',
  'Host: a\r\nX: \x01\r\n\r\n',
  'Host: a\r\nX: a\rb\r\n\r\n',
  'Host: a\r\nHost: a\r\n\r\n',
  'Host: a\r\nContent-Length: 3\r\n\r\nabc',
  'Host: a\r\nContent-Length: 4\r\n\r\nabcd',
  'Host: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc',
  'Host: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc',
  'Host: a\r\nTransfer-Encoding: gzip\r\n\r\n',
  'Host: a\r\nConnection: close\r\n\r\n',
  'Host: a\r\nConnection: keep-alive, X-Private\r\nX-Private: 1\r\n\r\n',
  'Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  'Host: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n',
  'Host: a\r\nX : 1\r\n\r\n',
  `Host: a\r\n${'X: 1\r\n'.repeat(9)}\r\n`,
  `Host: a\r\nX: ${'x'.repeat(190)}\r\nY: ${'x'.repeat(190)}\r\nZ: ${'x'.repeat(150)}\r\n\r\n`,
];

const LINES = [
  'GET / HTTP/1.1\r\n',
  'POST /?t=1 HTTP/1.1\r\n',
  'GET / HTTP/1.1\n',
  '\r\nGET / HTTP/1.1\r\n',
  'GET / HTTP/1.0\r\n',
  'GET / HTTP/1.1\r\r\n',
  'GET http://c/d HTTP/1.1\r\n',
  'GET http:///d HTTP/1.1\r\n',
  'GET /\x01 HTTP/1.1\r\n',
  'GET /%2 HTTP/1.1\r\n',
  'TRACE / HTTP/1.1\r\n',
  'CONNECT a:1 HTTP/1.1\r\n',
  'get / HTTP/1.1\r\n',
  'GET / HTTP/2.0\r\n',
  'GET /\r\n',
  `GET /${'x'.repeat(180)} HTTP/1.1\r\n`,
  `GET /${'x'.repeat(200)} HTTP/1.1\r\n`,
];

describe('a remembered request head', () => {
  test('findRequestHead finds only heads that came before, with what was read from them', () => {
    const texts = LINES.flatMap((line) => FIELDS.map((fields) => line + fields));
    const usual = texts.map((text) => JSON.stringify(outcome(() => readRequestHead(text, 0, limits))));
    const reads = texts.map((text) => Buffer.from(text, 'latin1'));
    const wrong: unknown[] = [];
    let again = 0;
    texts.forEach((before) => {
      const known = new RecentHeads<RequestHead>();
      for (let i = 0; i < 4; i++) outcome(() => readRequestHead(before, 0, limits, known));
      reads.forEach((bytes, i) => {
        const head = findRequestHead(bytes, 0, bytes.length, known);
        if (head === undefined) return;
        if (texts[i] === before) again++;
        if (JSON.stringify(outcome(() => head)) !== usual[i]) wrong.push({ before, text: texts[i], head });
      });
    });
    expect(wrong).toEqual([]);
    expect(again).toBeGreaterThan(30);
  });

  test('findRequestHead does not find an incomplete head', () => {
    const bytes = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n');
    const known = new RecentHeads<RequestHead>();
    for (let i = 0; i < 4; i++) readRequestHead(bytes.toString(), 0, limits, known);
    for (let end = 1; end < bytes.length; end++) expect(findRequestHead(bytes, 0, end, known)).toBeUndefined();
    expect(findRequestHead(bytes, 0, bytes.length, known)?.target).toBe('/');
    expect(findRequestHead(Buffer.concat([bytes, bytes]), bytes.length, 2 * bytes.length, known)?.target).toBe('/');
  });

  test('a head is no longer compared as a whole when its request line keeps changing', () => {
    const known = new RecentHeads<RequestHead>();
    const text = (t: number): string => `GET /?t=${t} HTTP/1.1\r\nHost: a\r\n\r\n`;
    for (let t = 0; t < 9; t++) readRequestHead(text(t), 0, limits, known);
    for (let i = 0; i < 4; i++) expect(readRequestHead(text(9), 0, limits, known)?.target).toBe('/?t=9');
    expect(findRequestHead(Buffer.from(text(9)), 0, text(9).length, known)).toBeUndefined();
  });

  test('a request head is read the same whatever its connection carried before', () => {
    const texts = LINES.flatMap((line) => FIELDS.map((fields) => line + fields));
    const usual = texts.map((text) => outcome(() => readRequestHead(text, 0, limits)));
    const wrong: unknown[] = [];
    const befores = [
      ...FIELDS.map((fields) => `GET / HTTP/1.1\r\n${fields}`),
      ...LINES.map((line) => `${line}Host: a\r\n\r\n`),
    ];
    for (const before of befores) {
      texts.forEach((text, i) => {
        const known = new RecentHeads<RequestHead>();
        outcome(() => readRequestHead(before, 0, limits, known));
        const got = outcome(() => readRequestHead(text, 0, limits, known));
        if (JSON.stringify(got) !== JSON.stringify(usual[i])) wrong.push({ before, text, got });
      });
    }
    expect(wrong).toEqual([]);
  });

  test('an incomplete head is never taken for an earlier one', () => {
    const whole = 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n';
    const known = new RecentHeads<RequestHead>();
    readRequestHead(whole, 0, limits, known);
    for (let end = 1; end < whole.length; end++) {
      expect(readRequestHead(whole.slice(0, end), 0, limits, known)).toBeUndefined();
    }
  });

  test('a head is not changed when an earlier one with the same fields drops its body', () => {
    const known = new RecentHeads<RequestHead>();
    const text = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n';
    for (let i = 0; i < 3; i++) {
      const head = readRequestHead(text, 0, limits, known);
      expect([head?.contentLength, head?.get('content-length')]).toEqual([3, '3']);
      head?.dropBody();
      expect([head?.contentLength, head?.get('content-length')]).toEqual([-1, undefined]);
    }
  });

  test('a remembered head is read again under other limits', () => {
    const known = new RecentHeads<RequestHead>();
    const text = 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n';
    known.readUnder(limits);
    readRequestHead(text, 0, limits, known);
    const fewer = { ...limits, fields: 1 };
    known.readUnder(fewer);
    expect(() => readRequestHead(text, 0, fewer, known)).toThrow('too many header lines');
  });

  test('a head shares its fields with the last two different heads', () => {
    const known = new RecentHeads<RequestHead>();
    const read = (fields: string): RequestHead | undefined =>
      readRequestHead(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`, 0, limits, known);
    const first = read('X: 1\r\n');
    const second = read('X: 2\r\n');
    expect(read('X: 1\r\n')?.values).toBe(first?.values);
    expect(read('X: 2\r\n')?.values).toBe(second?.values);
    read('X: 3\r\n');
    expect(read('X: 2\r\n')?.values).toBe(second?.values);
    expect(read('X: 1\r\n')?.values).not.toBe(first?.values);
  });

  test('a head that came with a long body is not remembered', () => {
    const known = new RecentHeads<RequestHead>();
    const text = `POST / HTTP/1.1\r\nHost: a\r\n\r\n${'x'.repeat(5_000)}`;
    expect(readRequestHead(text, 0, limits, known)?.values).not.toBe(readRequestHead(text, 0, limits, known)?.values);
  });
});

describe('a remembered response head', () => {
  test('findWhole finds only response heads that came before, with what was read from them', () => {
    const lines = ['HTTP/1.1 200 OK\r\n', 'HTTP/1.0 200 OK\r\n', 'HTTP/1.1 204 None\r\n', 'HTTP/1.1 20 OK\r\n'];
    const texts = lines.flatMap((line) => FIELDS.map((fields) => line + fields));
    const wrong: unknown[] = [];
    let again = 0;
    for (const before of texts) {
      const known = new RecentHeads<ResponseHead>();
      for (let i = 0; i < 2; i++) outcome(() => readResponseHead(before, limits, known));
      for (const text of texts) {
        const found = known.findWhole(Buffer.from(text, 'latin1'), 0, text.length);
        if (found === undefined) continue;
        again++;
        const usual = outcome(() => readResponseHead(text, limits));
        const got = outcome(() => found.head);
        if (JSON.stringify(got) !== JSON.stringify(usual)) wrong.push({ before, text, got });
      }
    }
    expect(wrong).toEqual([]);
    expect(again).toBeGreaterThan(20);
  });

  test('a response head is read the same whatever its connection carried before', () => {
    const lines = ['HTTP/1.1 200 OK\r\n', 'HTTP/1.0 200 OK\r\n', 'HTTP/1.1 204 None\r\n', 'HTTP/1.1 20 OK\r\n'];
    const texts = lines.flatMap((line) => FIELDS.map((fields) => line + fields));
    const usual = texts.map((text) => outcome(() => readResponseHead(text, limits)));
    const wrong: unknown[] = [];
    for (const before of texts) {
      texts.forEach((text, i) => {
        const known = new RecentHeads<ResponseHead>();
        outcome(() => readResponseHead(before, limits, known));
        const got = outcome(() => readResponseHead(text, limits, known));
        if (JSON.stringify(got) !== JSON.stringify(usual[i])) wrong.push({ before, text, got });
      });
    }
    expect(wrong).toEqual([]);
  });
});
