import { isIP } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRequestHead } from '../http1/request-head.js';
import type { RequestHead } from '../http1/request-head.js';
import { RealIp } from './real-ip.js';

const from = ['127.0.0.0/8', '10.0.0.0/8', '::1', 'unix:'];

function head(...fields: readonly string[]): RequestHead {
  const text = `GET / HTTP/1.1\r\nHost: a\r\n${fields.map((line) => `${line}\r\n`).join('')}\r\n`;
  const read = readRequestHead(text, 0, {
    line: 65_536,
    head: 65_536,
    fields: 100,
    invalidNames: 'refuse',
    underscores: true,
  } as const);
  if (read === undefined) throw new Error('the head is not whole');
  return read;
}

/** The address and port that X-Forwarded-For gives; '-' when those of the socket stand. */
function told(value: string | undefined, recursive: boolean, socket = '127.0.0.1'): string {
  const realIp = new RealIp({ from, header: 'X-Forwarded-For', recursive });
  const fields = value === undefined ? [] : [`X-Forwarded-For: ${value}`];
  const found = realIp.find(socket, head(...fields), undefined);
  return found === undefined ? '-' : `${found.address}${found.port === undefined ? '' : ` ${found.port}`}`;
}

describe('X-Forwarded-For', () => {
  test.each([
    [undefined, '-', '-'],
    ['', '-', '-'],
    ['203.0.113.9', '203.0.113.9', '203.0.113.9'],
    ['198.51.100.1, 203.0.113.9, 10.1.1.1,127.0.0.5', '127.0.0.5', '203.0.113.9'],
    ['198.51.100.1 10.1.1.1', '10.1.1.1', '198.51.100.1'],
    ['10.0.0.7, 10.0.0.8', '10.0.0.8', '10.0.0.7'],
    ['198.51.100.1, unknown, 10.0.0.8', '10.0.0.8', '10.0.0.8'],
    ['198.51.100.1, _hidden', '-', '-'],
    [' 203.0.113.9 ,, ,\t10.0.0.8 ,', '10.0.0.8', '203.0.113.9'],
    ['203.0.113.9:5678', '203.0.113.9 5678', '203.0.113.9 5678'],
    ['203.0.113.9, [::1]:80', '::1 80', '203.0.113.9'],
    ['2001:DB8:0:0::5', '2001:db8::5', '2001:db8::5'],
    ['[2001:db8::5]', '-', '-'],
    ['203.0.113.9:', '-', '-'],
    ['203.0.113.9:0', '-', '-'],
    ['203.0.113.9:65536', '-', '-'],
    ['[2001:db8::5', '-', '-'],
    ['203.0.113.09', '-', '-'],
    ['fe80::1%25', '-', '-'],
  ])('X-Forwarded-For %o: the last address is %s, the last untrusted one %s', (value, last, untrusted) => {
    expect([told(value, false), told(value, true)]).toEqual([last, untrusted]);
  });

  test('X-Forwarded-For of an untrusted client is ignored', () => {
    expect(told('198.51.100.1', true, '203.0.113.1')).toBe('-');
    expect(told('198.51.100.1', true, '::ffff:127.0.0.1')).toBe('198.51.100.1');
    expect(told('198.51.100.1', false, 'unix:')).toBe('198.51.100.1');
  });

  test('several lines of X-Forwarded-For are one list', () => {
    const realIp = new RealIp({ from, header: 'x-forwarded-for', recursive: true });
    const fields = head('X-Forwarded-For: 203.0.113.9, 10.0.0.1', 'X-Forwarded-For: 10.0.0.2');
    expect(realIp.find('127.0.0.1', fields, undefined)?.address).toBe('203.0.113.9');
  });

  test('any X-Forwarded-For gives an address or nothing, in time linear to its length', () => {
    const entry = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.stringMatching(/^[!-~ ]{0,12}$/),
      fc.constantFrom('10.0.0.1', '::1', ' ', '1.2.3.4:5'),
    );
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 8 }), (entries) => {
        const address = told(entries.join(','), true).replace(/ \d+$/, '');
        expect(address === '-' || isIP(address) !== 0).toBe(true);
      }),
      { numRuns: 2_000 },
    );
    expect(told('10.0.0.1,'.repeat(5_000), true)).toBe('10.0.0.1');
  });
});

describe('other sources', () => {
  test('of a field other than X-Forwarded-For the first line counts', () => {
    const realIp = new RealIp({ from, header: 'X-Client', recursive: false });
    const fields = head('X-Client: 203.0.113.9', 'x-client: 203.0.113.10', 'X-Real-IP: 203.0.113.11');
    expect(realIp.find('127.0.0.1', fields, undefined)).toEqual({ address: '203.0.113.9', port: undefined });
  });

  test('the PROXY protocol header gives address and port', () => {
    const realIp = new RealIp({ from, header: 'proxy_protocol', recursive: false });
    const proxied = { addr: '203.0.113.9', port: 4_000, serverAddr: '203.0.113.1', serverPort: 80 };
    expect(realIp.find('127.0.0.1', head(), proxied)).toEqual({ address: '203.0.113.9', port: 4_000 });
    expect(realIp.find('127.0.0.1', head(), undefined)).toBeUndefined();
    expect(realIp.find('203.0.113.1', head(), proxied)).toBeUndefined();
  });
});
