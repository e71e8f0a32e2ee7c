import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ProxyError } from '../errors.js';
import { responseHeadText } from '../forward/heads.js';
import type { BodyFraming } from './body.js';
import { reasonOf } from './reply.js';
import type { ResponseHead } from './response-head.js';
import { readResponseHead } from './response-head.js';

const limits = { line: 8_192, head: 32_768, fields: 100 };

function read(text: string): ResponseHead {
  const head = readResponseHead(text, limits);
  if (head === undefined) throw new Error('the head is not whole');
  return head;
}

/** `ok`, `more` for an incomplete head, or the code of the error. */
function verdict(text: string): string {
  try {
    return readResponseHead(text, limits) === undefined ? 'more' : 'ok';
  } catch (error) {
    if (error instanceof ProxyError) return error.code;
    throw error;
  }
}

describe('a refused response head', () => {
  test.each([
    ['HTTP/1.1 20 OK'],
    ['HTTP/1.1 2000 OK'],
    ['HTTP/1.1 099 OK'],
    ['HTTP/1.1 200OK'],
    ['HTTP/1.1  200 OK'],
    ['HTTP/1.1\t200 OK'],
    ['HTTP/1.1 2x0 OK'],
    ['HTTP/1.1200 OK'],
    ['HTTP/2.0 200 OK'],
    ['HTTP/1.x 200 OK'],
    ['HTTP/1 200 OK'],
    ['http/1.1 200 OK'],
    ['ICY 200 OK'],
    ['SSH-2.0-OpenSSH_9.2'],
    ['<html>'],
    ['HTTP/1.1 200 O\x00K'],
    ['HTTP/1.1 200 O\rK'],
    ['HTTP/1.1 200 O\x7fK'],
  ])('the status line %j is refused', (line) => {
    expect(verdict(`${line}\r\nContent-Length: 0\r\n\r\n`)).toBe('bad_response');
  });

  test.each([
    ['Content-Length and Transfer-Encoding', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n'],
    ['Content-Lengths that differ', 'Content-Length: 5\r\nContent-Length: 6\r\n'],
    ['a Content-Length that is no number', 'Content-Length: 5x\r\n'],
    ['an unknown Transfer-Encoding', 'Transfer-Encoding: gzip, chunked\r\n'],
    ['a folded line', 'X-A: 1\r\n 2\r\n'],
    ['a bare CR', 'X-A: 1\r2\r\n'],
    ['NUL', 'X-A: \x00\r\n'],
    ['a space before the colon', 'X-A : 1\r\n'],
    ['a line without a colon', 'X-A\r\n'],
    ['101 fields', 'X-A: 1\r\n'.repeat(101)],
    ['a line over the limit', `X-A: ${'v'.repeat(8_192)}\r\n`],
    ['a head over the limit', `X-A: ${'v'.repeat(8_000)}\r\n`.repeat(5)],
  ])('a response head with %s is refused', (_name, lines) => {
    expect(verdict(`HTTP/1.1 200 OK\r\n${lines}\r\n`)).toBe('bad_response');
  });

  test.each([
    ['bytes that are not HTTP', 'SSH-2'],
    ['a head without end', `HTTP/1.1 200 OK\r\nX-A: ${'v'.repeat(33_000)}`],
  ])('an incomplete response head is refused: %s', (_name, text) => {
    expect(verdict(text)).toBe('bad_response');
  });

  test('a chunked HTTP/1.0 response is refused', () => {
    expect(verdict('HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')).toBe('bad_response');
  });
});

describe('an accepted response head', () => {
  test.each([
    ['HTTP/1.1 200 OK', 200, 'OK', 1],
    ['HTTP/1.1 200 ', 200, '', 1],
    ['HTTP/1.1 200', 200, '', 1],
    ['HTTP/1.0 404 Not  Found', 404, 'Not  Found', 0],
    ['HTTP/1.9 599 \xe4\tx', 599, '\xe4\tx', 1],
  ])('the status line %j is accepted', (line, status, reason, minor) => {
    for (const end of ['\r\n', '\n']) {
      expect(read(`${line}${end}X-A: 1${end}${end}body`)).toMatchObject({ status, reason, minor, values: ['1'] });
    }
  });

  test('a response head may have no fields', () => {
    expect(read('HTTP/1.1 204 No Content\r\n\r\n')).toMatchObject({ status: 204, length: 27 });
  });
});

test('a response head is incomplete before its last byte', () => {
  const text = 'HTTP/1.1 200 OK\r\nContent-Length: 5\nX-A: 1\r\n\r\n';
  for (let length = 0; length < text.length; length++) expect(verdict(text.slice(0, length))).toBe('more');
  expect(verdict(text)).toBe('ok');
});

/** The text of a response, and what a client should read from it. */
interface Sent {
  readonly text: string;
  readonly head: ResponseHead;
  readonly body: string;
  readonly keepAlive: boolean;
}

const token = fc.string({ unit: fc.constantFrom(..."abcXYZ019-_.!#$%&'*+^`|~"), minLength: 1, maxLength: 12 });
const fieldValue = fc
  .string({
    unit: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) },
      { weight: 1, arbitrary: fc.constantFrom('\t', ',', '"') },
      { weight: 1, arbitrary: fc.integer({ min: 0x80, max: 0xff }).map((code) => String.fromCharCode(code)) },
    ),
    maxLength: 30,
  })
  .map((value) => value.replace(/^[ \t]+|[ \t]+$/g, ''));
const hop = /^(connection|content-length|transfer-encoding|upgrade|te|trailer|keep-alive|proxy-connection)$/i;
const wellFormed = fc.record({
  status: fc.oneof(fc.constantFrom(200, 204, 304, 400, 502), fc.integer({ min: 200, max: 999 })),
  reason: fieldValue,
  fields: fc.array(fc.tuple(token, fieldValue, fc.constantFrom('', ' ', ' \t'), fc.constantFrom('\r\n', '\n')), {
    maxLength: 8,
  }),
  framing: fc.oneof(fc.constant('chunked' as const), fc.integer({ min: 0, max: 40 })),
  keepAlive: fc.boolean(),
});
type WellFormed = typeof wellFormed extends fc.Arbitrary<infer T> ? T : never;

function headText({ status, reason, fields, framing }: WellFormed): string {
  const lines = fields.map(([name, value, blank, end]) => `${name}:${blank}${value}${blank}${end}`);
  const length = framing === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${framing}`;
  return `HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}${length}\r\nKeep-Alive: timeout=9\r\n\r\n`;
}

const BODY = 'the body of a response may hold\r\n\r\nHTTP/1.1 anything';

function noFacts(): never {
  throw new Error('nothing is asked of the request');
}

function sent(head: ResponseHead, keepAlive: boolean): Sent {
  const bodiless = head.status === 204 || head.status === 304;
  const framing: BodyFraming = bodiless ? 'none' : head.chunked ? 'chunked' : 'length';
  const text = responseHeadText(head, head.status, framing, keepAlive, '', undefined, noFacts);
  if (bodiless) return { text, head, body: '', keepAlive };
  const body = head.chunked ? BODY : BODY.repeat(2).slice(0, head.contentLength);
  const framed = head.chunked ? `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n` : body;
  return { text: text + framed, head, body, keepAlive };
}

function endToEnd(head: ResponseHead): [string, string][] {
  return head.names
    .map((name, index): [string, string] => [name, head.values[index] ?? ''])
    .filter(([name]) => !hop.test(name) && head.nominated?.has(name.toLowerCase()) !== true);
}

const mutation = fc.tuple(
  fc.nat(999).map((thousandth) => thousandth / 1_000),
  fc.constantFrom('insert', 'replace', 'remove'),
  fc.oneof(
    fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    fc.constantFrom(
      '\r',
      '\n',
      '\r\n',
      ' ',
      '\t',
      ':',
      '\x00',
      'Connection: close, x\r\n',
      'Set-Cookie: a=b\r\n',
      '1',
      '\r\n ',
      'Content-Length: 4\r\n',
      'Transfer-Encoding: chunked\r\n',
      'Upgrade: x\r\n',
      'Connection: upgrade\r\n',
    ),
  ),
);

function mutate(text: string, mutations: readonly (readonly [number, string, string])[]): string {
  let result = text;
  for (const [place, how, what] of mutations) {
    const at = Math.floor(place * (result.length + 1));
    const rest = result.slice(how === 'insert' ? at : at + 1);
    result = result.slice(0, at) + (how === 'remove' ? '' : what) + rest;
  }
  return result;
}

describe("response heads compared with Node's client", () => {
  /** Answers each request with the next prepared text. */
  let next: Sent | undefined;
  const server = createServer({ noDelay: true }, (socket: Socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => {
      if (next === undefined) return;
      const { text, keepAlive } = next;
      next = undefined;
      socket.write(text, 'latin1');
      if (!keepAlive) socket.end();
    });
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  beforeAll(
    () =>
      new Promise<void>((resolve) => {
        server.listen(0, '127.0.0.1', resolve);
      }),
  );
  afterAll(() => {
    agent.destroy();
    server.close();
  });

  function hear(one: Sent): Promise<{ response: IncomingMessage; body: string }> {
    next = one;
    return new Promise((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      const options = { port, host: '127.0.0.1', agent, insecureHTTPParser: false, maxHeaderSize: 65_536 };
      const asked = request(options, (response) => {
        let body = '';
        response.setEncoding('latin1');
        response.on('data', (piece: string) => {
          body += piece;
        });
        response.on('error', reject);
        // One tick after the end, the agent has the connection back or has closed it.
        response.on('end', () => setImmediate(() => resolve({ response, body })));
      });
      asked.on('error', reject);
      asked.end();
    });
  }

  async function expectHeard(one: Sent): Promise<void> {
    const { head } = one;
    const { response, body } = await hear(one).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(one.text)}`, { cause: error });
    });
    const fields: [string, string][] = [];
    for (let i = 0; i < response.rawHeaders.length; i += 2) {
      fields.push([response.rawHeaders[i] ?? '', response.rawHeaders[i + 1] ?? '']);
    }
    const length: [string, string][] = head.chunked
      ? [['Transfer-Encoding', 'chunked']]
      : [['Content-Length', String(head.contentLength)]];
    const stated =
      head.status === 204 || (head.status === 304 && head.chunked) || !(head.chunked || head.contentLength >= 0);
    expect({ status: response.statusCode, reason: response.statusMessage, fields, body }).toEqual({
      status: head.status,
      reason: head.reason === '' ? reasonOf(head.status) : head.reason,
      fields: [...endToEnd(head), ...(stated ? [] : length), ['Connection', one.keepAlive ? 'keep-alive' : 'close']],
      body: one.body,
    });
  }

  const seed = Date.now() >>> 0;

  test(`Node reads 1,000 well-formed responses as they were meant (seed ${seed})`, async () => {
    for (const one of fc.sample(wellFormed, { numRuns: 1_000, seed })) {
      const head = read(headText(one));
      expect([head.status, head.reason]).toEqual([one.status, one.reason]);
      expect(endToEnd(head)).toEqual(
        one.fields.filter(([name]) => !hop.test(name)).map(([name, value]) => [name, value]),
      );
      await expectHeard(sent(head, one.keepAlive));
    }
  });

  test(`Node accepts, with the same meaning, every accepted one of 4,000 mutated responses (seed ${seed})`, async () => {
    let accepted = 0;
    const mutated = fc.tuple(wellFormed, fc.array(mutation, { minLength: 1, maxLength: 2 }));
    for (const [one, mutations] of fc.sample(mutated, { numRuns: 4_000, seed })) {
      const text = mutate(headText(one), mutations);
      if (verdict(text) !== 'ok') continue;
      const head = read(text);
      // A body without a stated length ends with the connection; `forward.test.ts` tests those.
      if (head.status < 200 || head.contentLength > 80 || (head.contentLength < 0 && !head.chunked)) continue;
      accepted++;
      await expectHeard(sent(head, one.keepAlive));
    }
    expect(accepted).toBeGreaterThan(1_000);
  });
});
