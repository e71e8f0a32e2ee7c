import type { IncomingMessage, ServerResponse } from 'node:http';
import { METHODS, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ProxyError } from '../errors.js';
import { openRaw } from '@pinwheel/testing/raw-connection';
import { forwardedFields, lengthFields, upgradeLines } from '../forward/heads.js';
import type { BodyLength } from './body.js';
import type { RequestHead } from './request-head.js';
import { readRequestHead } from './request-head.js';

const limits = { line: 8_192, head: 32_768, fields: 100, invalidNames: 'refuse', underscores: true } as const;
const origin = { socketAddress: '10.1.2.3', clientAddress: '10.1.2.3', tls: false, trusted: false };

function read(text: string): RequestHead {
  const head = readRequestHead(text, 0, limits);
  if (head === undefined) throw new Error('the head is not whole');
  return head;
}

/** The head that is read from the text; undefined when it is refused or incomplete. */
function readIfGood(text: string): RequestHead | undefined {
  try {
    return readRequestHead(text, 0, limits);
  } catch (error) {
    if (error instanceof ProxyError) return undefined;
    throw error;
  }
}

/** A request as Node's strict parser reads it. */
interface Heard {
  readonly method: string | undefined;
  readonly target: string | undefined;
  readonly version: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly body: string;
}

/** A `node:http` server that records the requests of each connection. */
class Listening {
  readonly #server = createServer({ insecureHTTPParser: false, maxHeaderSize: 65_536, keepAliveTimeout: 0 }, (q, s) =>
    this.#onRequest(q, s),
  );
  #heard: Heard[] = [];
  #ended = 0;
  #refused: string | undefined;
  #wake: (() => void) | undefined;
  #clientPort: number | undefined;

  constructor() {
    this.#server.maxHeadersCount = 0;
    this.#server.on('clientError', (error, socket) => {
      // An earlier connection that was closed during its last response does not matter.
      if ('remotePort' in socket && socket.remotePort === this.#clientPort) this.#refused = error.message;
      socket.destroy();
      this.#wake?.();
    });
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const index = this.#heard.length;
    const { method, url: target, httpVersion: version, rawHeaders } = request;
    const fields: [string, string][] = [];
    for (let i = 0; i < rawHeaders.length; i += 2) fields.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '']);
    let body = '';
    this.#heard.push({ method, target, version, fields, body });
    request.setEncoding('latin1');
    request.on('data', (piece: string) => {
      body += piece;
    });
    request.on('end', () => {
      this.#heard[index] = { method, target, version, fields, body };
      response.end();
      this.#ended++;
      this.#wake?.();
    });
  }

  listen(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /**
   * Sends the requests over one connection and returns those that the server read, up to the last or the first refused one.
   * A further request shows that the last one ended where it should; not after an upgrade, where Node stops reading.
   */
  async hear(requests: readonly string[]): Promise<{ heard: readonly Heard[]; refused: string | undefined }> {
    this.#heard = [];
    this.#refused = undefined;
    const connection = await openRaw((this.#server.address() as AddressInfo).port);
    this.#clientPort = connection.socket.localPort;
    this.#ended = 0;
    const upgrade = requests.some((text) => text.includes('\r\nConnection: upgrade\r\n'));
    const all = upgrade ? requests : [...requests, 'GET /last HTTP/1.1\r\nHost: last\r\n\r\n'];
    connection.send(all.join(''));
    while (this.#refused === undefined && this.#ended < all.length) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    connection.destroy();
    return { heard: this.#heard.filter((one) => one.target !== '/last'), refused: this.#refused };
  }
}

const token = fc.string({
  unit: fc.constantFrom(..."abcXYZ019-_.!#$%&'*+^`|~"),
  minLength: 1,
  maxLength: 12,
});
const fieldValue = fc
  .string({
    unit: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)) },
      { weight: 1, arbitrary: fc.constantFrom(' ', '\t', ',', '"', '\\') },
      { weight: 1, arbitrary: fc.integer({ min: 0x80, max: 0xff }).map((code) => String.fromCharCode(code)) },
    ),
    maxLength: 30,
  })
  .map((value) => value.replace(/^[ \t]+|[ \t]+$/g, ''));
const target = fc.oneof(
  fc
    .string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      maxLength: 40,
    })
    .map((rest) => `/${rest.replaceAll(/[#%]|\.\.+/g, '')}`),
  fc.constant('/socket.io/?EIO=4&transport=polling&t=abc&sid=Node-1.abcDEF_-'),
);
const ours =
  /^(host|connection|content-length|transfer-encoding|upgrade|expect|te|trailer|keep-alive|x-forwarded-(?:for|proto)|x-real-ip|proxy-connection)$/i;
const otherField = fc
  .tuple(token, fieldValue)
  .filter(([name]) => !ours.test(name))
  .map(([name, value]) => ({ name, value }));
const blank = fc.constantFrom('', ' ', '\t', ' \t ');
const lineEnd = fc.constantFrom('\r\n', '\r\n', '\n');
const methods = METHODS.filter((method) => method !== 'CONNECT' && method !== 'TRACE');

/** A well-formed request in parts, so that its meaning is known without parsing. */
const wellFormed = fc.record({
  before: fc.constantFrom('', '', '\r\n', '\n\r\n'),
  method: fc.constantFrom('GET', 'POST', ...methods),
  target,
  fields: fc.array(otherField, { maxLength: 8 }),
  blanks: fc.array(fc.tuple(blank, blank, lineEnd), { minLength: 12, maxLength: 12 }),
  framing: fc.oneof(fc.constant('none' as const), fc.constant('chunked' as const), fc.integer({ min: 0, max: 40 })),
  host: fc.constantFrom('a', 'example.org:8080', '[::1]:3102', '10.0.0.1', 'A_b-c.d'),
  hop: fc.constantFrom('', 'TE: trailers', 'Keep-Alive: timeout=5', 'Proxy-Connection: close', 'Expect: 100-continue'),
});
type WellFormed = typeof wellFormed extends fc.Arbitrary<infer T> ? T : never;

function headText(one: WellFormed): string {
  const lines = [
    ['Host', one.host],
    ...one.fields.map(({ name, value }) => [name, value]),
    ...(one.framing === 'chunked' ? [['tRANSFER-eNCODING', 'Chunked']] : []),
    ...(typeof one.framing === 'number' ? [['CONTENT-LENGTH', String(one.framing)]] : []),
    ...(one.hop === '' ? [] : [one.hop.split(': ')]),
  ];
  const [, , first] = one.blanks[0] ?? ['', '', '\r\n'];
  const text = lines.map(([name, value], index) => {
    const [before, after, end] = one.blanks[index % one.blanks.length] ?? ['', '', '\r\n'];
    return `${name}:${before}${value}${after}${end}`;
  });
  return `${one.before}${one.method} ${one.target} HTTP/1.1${first}${text.join('')}${first}`;
}

const BODY = 'the body of a request may hold\r\n\r\nanything at all';

function bodyLengthOf({ chunked, contentLength }: RequestHead): BodyLength {
  return chunked ? 'chunked' : contentLength < 0 ? 'none' : contentLength;
}

function bodyFor(head: RequestHead): string {
  if (head.chunked) return `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;
  return head.contentLength > 0 ? BODY.repeat(2).slice(0, head.contentLength) : '';
}

function bodyHeard(head: RequestHead): string {
  return head.chunked ? BODY : bodyFor(head);
}

/** The fields that a peer should get, in order, from a head that was read. */
function endToEnd(head: RequestHead): [string, string][] {
  return head.names
    .map((name, index): [string, string] => [name, head.values[index] ?? ''])
    .filter(([name]) => !ours.test(name) && head.nominated?.has(name.toLowerCase()) !== true);
}

/** Changes a text in the ways that make parsers disagree. */
const mutation = fc.tuple(
  fc.nat(999).map((thousandth) => thousandth / 1_000),
  fc.constantFrom('insert', 'replace', 'remove', 'repeat'),
  fc.oneof(
    fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
    fc.constantFrom(
      '\r',
      '\n',
      '\r\n',
      ' ',
      '\t',
      ':',
      ',',
      '\x00',
      '\x0b',
      '#',
      '?',
      '%',
      '"',
      '<',
      '\\',
      '0',
      '9',
      'Content-Length: 3\r\n',
      'Transfer-Encoding: chunked\r\n',
      'Connection: close, x\r\n',
      'Host: b\r\n',
      'Connection: upgrade\r\nUpgrade: websocket\r\n',
      'X-Forwarded-For: 1.1.1.1\r\n',
      'Expect: other\r\n',
      '\r\n\r\n',
      '\r\n ',
      'http://b/',
      'HTTP/1.0',
      '100-continue',
      'Upgrade: h2c\r\nConnection: Upgrade\r\n',
    ),
  ),
);

function mutate(text: string, mutations: readonly (readonly [number, string, string])[]): string {
  let result = text;
  for (const [place, how, what] of mutations) {
    const at = Math.floor(place * (result.length + 1));
    const rest = result.slice(how === 'insert' ? at : at + 1);
    if (how === 'repeat') result = result.slice(0, at + 8) + result.slice(at);
    else result = result.slice(0, at) + (how === 'remove' ? '' : what) + rest;
  }
  return result;
}

describe("request heads compared with Node's strict parser", () => {
  const node = new Listening();
  beforeAll(() => node.listen());
  afterAll(() => node.close());

  async function expectAllHeard(heads: readonly RequestHead[]): Promise<void> {
    await expectHeard(heads.filter((head) => !head.asksWebSocket));
    for (const head of heads) if (head.asksWebSocket) await expectHeard([head]);
  }

  async function expectHeard(heads: readonly RequestHead[]): Promise<void> {
    const requests = heads.map((head) => {
      const first = `${head.method} ${head.target} HTTP/1.1\r\n`;
      const fields = forwardedFields(head, origin, 'default', false) + lengthFields(bodyLengthOf(head));
      return `${first}${fields}${upgradeLines(head)}\r\n${bodyFor(head)}`;
    });
    const { heard, refused } = await node.hear(requests);
    const at = heard.length;
    expect(refused, `refused: ${JSON.stringify(requests[at] ?? requests[at - 1])}`).toBeUndefined();
    expect(heard).toHaveLength(heads.length);
    heads.forEach((head, index) => {
      const forwardedFor = head.values.filter((_, i) => head.keys[i]?.lower === 'x-forwarded-for');
      expect(heard[index]).toEqual({
        method: head.method,
        target: head.target,
        version: '1.1',
        fields: [
          ['Host', head.host === '' ? 'default' : head.host],
          ['X-Real-IP', '10.1.2.3'],
          ['X-Forwarded-For', [...forwardedFor.filter((value) => value !== ''), '10.1.2.3'].join(', ')],
          ['X-Forwarded-Proto', 'http'],
          ...endToEnd(head),
          ...(head.chunked ? [['Transfer-Encoding', 'chunked']] : []),
          ...(head.contentLength >= 0 ? [['Content-Length', String(head.contentLength)]] : []),
          ...(head.asksWebSocket
            ? [
                ['Connection', 'upgrade'],
                ['Upgrade', head.upgrade],
              ]
            : []),
        ],
        body: bodyHeard(head),
      });
    });
  }

  const seed = Date.now() >>> 0;

  test(`Node reads 4,000 well-formed requests as they were meant (seed ${seed})`, async () => {
    for (const all of batches(fc.sample(wellFormed, { numRuns: 4_000, seed }))) {
      const heads = all.map((one) => {
        const head = read(headText(one));
        expect([head.method, head.target, head.host]).toEqual([one.method, one.target, one.host]);
        expect(head.chunked).toBe(one.framing === 'chunked');
        expect(head.contentLength).toBe(typeof one.framing === 'number' ? one.framing : -1);
        expect(endToEnd(head)).toEqual(one.fields.map(({ name, value }) => [name, value]));
        return head;
      });
      await expectAllHeard(heads);
    }
  });

  test(`Node accepts, with the same meaning, every accepted one of 10,000 mutated requests (seed ${seed})`, async () => {
    let accepted = 0;
    const mutated = fc.tuple(wellFormed, fc.array(mutation, { minLength: 1, maxLength: 3 }));
    for (const all of batches(fc.sample(mutated, { numRuns: 10_000, seed }))) {
      const heads = all.flatMap(([one, mutations]) => {
        const head = readIfGood(mutate(headText(one), mutations));
        // We forward unregistered methods; Node accepts only the registered ones.
        if (head === undefined || head.contentLength >= 80) return [];
        // Like nginx we accept bytes beyond ASCII in a target; Node does not.
        return METHODS.includes(head.method) && /^[!-~]*$/.test(head.target) ? [head] : [];
      });
      accepted += heads.length;
      await expectAllHeard(heads);
    }
    expect(accepted).toBeGreaterThan(2_000);
  });
});

/** Requests per connection: many, but few enough to find the one that fails. */
function batches<T>(all: readonly T[]): T[][] {
  const result: T[][] = [];
  for (let at = 0; at < all.length; at += 100) result.push(all.slice(at, at + 100));
  return result;
}
