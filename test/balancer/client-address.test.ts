import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isMissing, Recipe, RUNNERS } from '../classics/recipe.js';
import { freePorts } from '@pinwheel/testing/ports';
import { bodyOf, exchange } from '@pinwheel/testing/raw-http';

function selfSigned(): { cert: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'pinwheel-cert-'));
  try {
    const args = 'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost';
    const out = ['-keyout', join(folder, 'key'), '-out', join(folder, 'cert')];
    execFileSync('openssl', [...args.split(' '), ...out], { stdio: 'ignore' });
    return { cert: readFileSync(join(folder, 'cert'), 'utf8'), key: readFileSync(join(folder, 'key'), 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The client's address as a server sees it. */
const WHO =
  '$remote_addr $remote_port|$realip_remote_addr|$proxy_protocol_addr $proxy_protocol_port|' +
  '$proxy_protocol_server_addr $proxy_protocol_server_port';
/** Replaces the ports of our own connections by `*`. */
const OWN = /(127\.0\.0\.1) \d+(?=\|)/g;

/** A header of version 2: command and version, family, addresses and what follows them. */
function binary(command: number, family: number, rest: readonly number[]): Buffer {
  const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
  return Buffer.concat([signature, Buffer.from([command, family, rest.length >> 8, rest.length & 255, ...rest])]);
}

const ADDRESSES4 = [192, 0, 2, 7, 192, 0, 2, 8, 0x12, 0x34, 0, 80];
const ADDRESSES6 = [
  0x20,
  1,
  0xd,
  0xb8,
  ...Array(11).fill(0),
  7,
  0x20,
  1,
  0xd,
  0xb8,
  ...Array(11).fill(0),
  8,
  0,
  99,
  0,
  80,
];
/** A TLV of type 4 (ignored) with three bytes. */
const TLV = [4, 0, 3, 1, 2, 3];

describe.each(RUNNERS)('the client’s address, run by %s', (runner) => {
  describe.skipIf(isMissing(runner))('apt-get install nginx', () => {
    let recipe: Recipe;
    let port: number;

    beforeAll(async () => {
      port = await freePorts(8);
      recipe = await Recipe.start(runner, conf(port), port, tls);
    }, 20_000);
    afterAll(() => recipe.stop());

    const who = async (at: number, ...pieces: readonly (string | Buffer)[]): Promise<string> => {
      const bytes = Buffer.concat(pieces.map((one) => (typeof one === 'string' ? Buffer.from(one, 'latin1') : one)));
      return bodyOf(await exchange({ port: at }, bytes)).replaceAll(OWN, '$1 *');
    };
    const get = (path: string, ...fields: readonly string[]): string =>
      `GET ${path} HTTP/1.0\nHost: a\n${fields.map((one) => `${one}\n`).join('')}\n`;

    describe('the PROXY protocol', () => {
      test.each([
        ['PROXY TCP4 192.0.2.1 192.0.2.2 123 5678\r\n', '127.0.0.1 *|127.0.0.1|192.0.2.1 123|192.0.2.2 5678'],
        ['PROXY TCP6 2001:Db8::1 2001:db8::2 123 5678\r\n', '127.0.0.1 *|127.0.0.1|2001:Db8::1 123|2001:db8::2 5678'],
        ['PROXY UNKNOWN\r\n', '127.0.0.1 *|127.0.0.1| | '],
        ['PROXY UNKNOWN 1 2 3 4\r\n', '127.0.0.1 *|127.0.0.1| | '],
        [binary(0x21, 0x11, ADDRESSES4), '127.0.0.1 *|127.0.0.1|192.0.2.7 4660|192.0.2.8 80'],
        [binary(0x21, 0x11, [...ADDRESSES4, ...TLV]), '127.0.0.1 *|127.0.0.1|192.0.2.7 4660|192.0.2.8 80'],
        [binary(0x21, 0x21, ADDRESSES6), '127.0.0.1 *|127.0.0.1|2001:db8::7 99|2001:db8::8 80'],
        [binary(0x20, 0x00, []), '127.0.0.1 *|127.0.0.1| | '],
        [binary(0x20, 0x11, ADDRESSES4), '127.0.0.1 *|127.0.0.1| | '],
        [binary(0x21, 0x31, Array(216).fill(1)), '127.0.0.1 *|127.0.0.1| | '],
        [binary(0x21, 0x12, ADDRESSES4), '127.0.0.1 *|127.0.0.1| | '],
      ])('%j: %s', async (header, seen) => {
        expect(await who(port + 1, header, get('/'))).toBe(seen);
      });

      test('a trusted PROXY header sets the address, port included', async () => {
        const header = 'PROXY TCP4 192.0.2.1 192.0.2.2 123 5678\r\n';
        expect(await who(port + 2, header, get('/'))).toBe('192.0.2.1 123|127.0.0.1|192.0.2.1 123|192.0.2.2 5678');
        expect(await who(port + 2, 'PROXY UNKNOWN\r\n', get('/'))).toBe('127.0.0.1 *|127.0.0.1| | ');
      });

      test.each(['PROXY TCP4 192.0.2.1 192.0.2.2 123 5678\r\n', binary(0x21, 0x11, ADDRESSES4)])(
        'precedes TLS',
        async (before) => {
          const answer = await exchange({ port: port + 3, tls: true, before }, get('/'));
          expect(bodyOf(answer)).toMatch(/\|192\.0\.2\.\d (123|4660)\|192\.0\.2\.\d (5678|80)$/);
        },
      );

      test.each([
        ['GET / HTTP/1.0\r\n\r\n', 'broken header: "GET / HTTP/1.0"'],
        ['PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n', 'broken header: "PROXY TCP5 1.2.3.4 1.2.3.4 1 2"'],
        ['PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n', 'broken header: "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536"'],
        [binary(0x31, 0x11, ADDRESSES4), 'unknown PROXY protocol version: 3'],
      ])('a PROXY header broken as %j closes the connection and is logged', async (header, why) => {
        expect(await exchange({ port: port + 1 }, header)).toBe('');
        // nginx 1.22 also logs the bytes behind the first line.
        const tail =
          runner === 'nginx' ? '' : ` while reading PROXY protocol, client: 127.0.0.1, server: 127.0.0.1:${port + 1}`;
        await recipe.has('logs/error.log', runner === 'nginx' ? why.replace(/"$/, '') : why + tail);
        expect(recipe.read('logs/error.log')).toMatch(new RegExp(`\\[error\\] .*${why.slice(0, 20)}`));
      });
    });

    describe('real_ip', () => {
      test.each([
        ['/', [], '127.0.0.1 *|127.0.0.1'],
        ['/', ['X-Real-IP: 192.0.2.1'], '192.0.2.1 |127.0.0.1'],
        ['/', ['X-Real-IP: 192.0.2.1:99'], '192.0.2.1 99|127.0.0.1'],
        ['/', ['X-Real-IP: [2001:DB8::1]:99'], '2001:db8::1 99|127.0.0.1'],
        ['/', ['X-Real-IP: 2001:db8:0:0::1'], '2001:db8::1 |127.0.0.1'],
        ['/', ['X-Real-IP: [2001:db8::1]'], '127.0.0.1 *|127.0.0.1'],
        ['/', ['X-Real-IP: nonsense'], '127.0.0.1 *|127.0.0.1'],
        ['/', ['X-Real-IP:'], '127.0.0.1 *|127.0.0.1'],
        ['/', ['X-Real-IP: 192.0.2.1, 10.0.0.1'], '10.0.0.1 |127.0.0.1'],
        ['/', ['X-Real-IP: 192.0.2.1', 'X-Real-IP: 192.0.2.2'], '192.0.2.1 |127.0.0.1'],
        ['/', ['X-Forwarded-For: 192.0.2.1'], '127.0.0.1 *|127.0.0.1'],
      ])('from X-Real-IP at %s with %j: %s', async (path, fields, seen) => {
        expect(await who(port, get(path, ...fields))).toBe(`${seen}| | `);
      });

      test.each([
        ['last', ['X-Forwarded-For: 192.0.2.1, 10.0.0.1'], '10.0.0.1 |127.0.0.1'],
        ['last', ['X-Forwarded-For: 192.0.2.1', 'X-Forwarded-For: 192.0.2.2'], '192.0.2.2 |127.0.0.1'],
        ['recursive', ['X-Forwarded-For: 192.0.2.9, 192.0.2.1, 10.0.0.1'], '192.0.2.1 |127.0.0.1'],
        ['recursive', ['X-Forwarded-For: 192.0.2.1, garbage, 10.0.0.1'], '10.0.0.1 |127.0.0.1'],
        ['recursive', ['X-Forwarded-For: 10.0.0.2', 'X-Forwarded-For: 10.0.0.1'], '10.0.0.2 |127.0.0.1'],
        ['recursive', ['X-Forwarded-For: 192.0.2.1, unknown'], '127.0.0.1 *|127.0.0.1'],
        ['custom', ['X-Client: 192.0.2.1'], '192.0.2.1 |127.0.0.1'],
        ['distrusting', ['X-Real-IP: 192.0.2.1'], '127.0.0.1 *|127.0.0.1'],
      ])('of server "%s" with %j: %s', async (name, fields, seen) => {
        expect(await who(port + 4, get('/', `Host: ${name}`, ...fields).replace('Host: a\n', ''))).toBe(`${seen}| | `);
      });

      test.each([
        ['/proxied', ['X-Forwarded-For: 192.0.2.1'], '192.0.2.1'],
        ['/proxied', ['X-Real-IP: 192.0.2.1'], '127.0.0.1'],
        ['/inherited', ['X-Real-IP: 192.0.2.1'], '127.0.0.1'],
      ])('real_ip of a location applies to forwarded requests: %s with %j: %s', async (path, fields, seen) => {
        expect(await who(port + 5, get(path, ...fields))).toBe(seen);
      });

      test('real_ip of a location is too late for its return', async () => {
        expect(await who(port + 5, get('/returned', 'X-Forwarded-For: 192.0.2.1'))).toBe('127.0.0.1');
      });

      test('the address is in the access log', async () => {
        await who(port + 5, get('/proxied', 'X-Forwarded-For: 192.0.2.77'));
        await recipe.has('logs/address.log', '192.0.2.77\n');
      });
    });
  });
});

const { cert, key } = selfSigned();
const tls = { 'conf/cert.pem': cert, 'conf/key.pem': key };

function conf(port: number): string {
  return `events {}
error_log logs/error.log info;
http {
  access_log off;
  log_format address $remote_addr;
  server { listen 127.0.0.1:${port}; set_real_ip_from 127.0.0.0/8; return 200 "${WHO}"; }
  server { listen 127.0.0.1:${port + 1} proxy_protocol; return 200 "${WHO}"; }
  server {
    listen 127.0.0.1:${port + 2} proxy_protocol;
    set_real_ip_from 127.0.0.1; real_ip_header proxy_protocol;
    return 200 "${WHO}";
  }
  server {
    listen 127.0.0.1:${port + 3} proxy_protocol ssl;
    ssl_certificate cert.pem; ssl_certificate_key key.pem;
    return 200 "${WHO}";
  }
  server {
    listen 127.0.0.1:${port + 4}; server_name last;
    set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;
    return 200 "${WHO}";
  }
  server {
    listen 127.0.0.1:${port + 4}; server_name recursive;
    set_real_ip_from 127.0.0.1; set_real_ip_from 10.0.0.0/8; real_ip_header X-Forwarded-For; real_ip_recursive on;
    return 200 "${WHO}";
  }
  server {
    listen 127.0.0.1:${port + 4}; server_name custom;
    set_real_ip_from 127.0.0.1; real_ip_header X-Client;
    return 200 "${WHO}";
  }
  server {
    listen 127.0.0.1:${port + 4}; server_name distrusting;
    set_real_ip_from 192.0.2.0/24;
    return 200 "${WHO}";
  }
  server {
    listen 127.0.0.1:${port + 5};
    proxy_set_header X-Real-IP $remote_addr;
    location /proxied {
      set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;
      access_log logs/address.log address;
      proxy_pass http://127.0.0.1:${port + 6};
    }
    location /returned { set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For; return 200 $remote_addr; }
    location /inherited { proxy_pass http://127.0.0.1:${port + 6}; }
  }
  server { listen 127.0.0.1:${port + 6}; return 200 $http_x_real_ip; }
}
`;
}
