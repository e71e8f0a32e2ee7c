import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import type { ConnectionOptions } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import { until } from '@pinwheel/testing/until';
import { makeCertificate } from './certificates.js';
import { isMissing, Recipe, RUNNERS } from './recipe.js';
import type { Runner } from './recipe.js';
import { bodyOf, get, handshake, shownName } from './tls-client.js';

const FILES: Record<string, string> = {};
const NAMES = ['one', 'two', 'one-rsa', 'two-rsa'];
for (const name of NAMES) {
  const { cert, key } = makeCertificate({ subject: `/CN=${name}`, rsa: name.endsWith('rsa') });
  FILES[`conf/${name}.pem`] = cert;
  FILES[`conf/${name}.key`] = key;
}
const certificate = (name: string): string => `ssl_certificate ${name}.pem; ssl_certificate_key ${name}.key;`;
const RSA: ConnectionOptions = { sigalgs: 'rsa_pss_rsae_sha256' };
const OLD: ConnectionOptions = { maxVersion: 'TLSv1.2' };

let recipes: Recipe[] = [];

afterEach(async () => {
  await Promise.all(recipes.map((recipe) => recipe.stop()));
  recipes = [];
});

async function start(runner: Runner, conf: (port: number) => string): Promise<{ recipe: Recipe; port: number }> {
  const port = await freePort();
  const file = `error_log logs/info.log info; events { } http { access_log off; ${conf(port)} }`;
  const recipe = await Recipe.start(runner, file, port, FILES);
  recipes.push(recipe);
  return { recipe, port };
}

/** All bytes until the peer closes or resets the connection. */
async function received(socket: Socket): Promise<string> {
  return text(socket).catch(() => '');
}

/** A connection that sends single bytes, and splits the first TLS record into many small ones. */
async function dripping(port: number): Promise<Duplex> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  let isFirst = true;
  const outside = new Duplex({
    read: () => void socket.resume(),
    write(chunk: Buffer, _encoding, done) {
      const bytes = isFirst ? inSmallRecords(chunk) : chunk;
      isFirst = false;
      void (async () => {
        for (const byte of bytes) {
          socket.write(Buffer.of(byte));
          await setImmediate();
        }
      })().then(() => done(), done);
    },
    final: (done) => void socket.end(done),
  });
  socket.on('data', (bytes: Buffer) => void outside.push(bytes));
  socket.on('end', () => void outside.push(null));
  return outside;
}

function inSmallRecords(record: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 5; at < record.length; at += 40) {
    const piece = record.subarray(at, at + 40);
    pieces.push(Buffer.from([22, 3, 1, 0, piece.length]), piece);
  }
  return Buffer.concat(pieces);
}

describe.each(RUNNERS)('TLS handshakes with %s (nginx: apt-get install nginx)', (runner) => {
  test.skipIf(isMissing(runner))('each server of one address has certificates of several kinds', async () => {
    const { port } = await start(
      runner,
      (on) => `ssl_protocols TLSv1.2 TLSv1.3;
      server { listen ${on} ssl; server_name one.test; ${certificate('one')} ${certificate('one-rsa')} }
      server { listen ${on} ssl; server_name two.test; ${certificate('two-rsa')} ${certificate('two')} }`,
    );
    expect(await shownName(port, { servername: 'one.test' })).toBe('one');
    expect(await shownName(port, { servername: 'one.test', ...RSA })).toBe('one-rsa');
    expect(await shownName(port, { servername: 'two.test' })).toBe('two');
    expect(await shownName(port, { servername: 'two.test', ...RSA })).toBe('two-rsa');
    expect(await shownName(port, { servername: 'two.test', ...OLD, ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' })).toBe(
      'two-rsa',
    );
  });

  test.skipIf(isMissing(runner))('the name is found in any case, and when it arrives slowly', async () => {
    const { port } = await start(
      runner,
      (on) => `server { listen ${on} ssl; server_name one.test; ${certificate('one')} return 200 one; }
      server { listen ${on} ssl; server_name two.test; ${certificate('two')} return 200 "two [$ssl_server_name]"; }`,
    );
    expect(await shownName(port, { servername: 'TWO.Test' })).toBe('two');
    expect(await shownName(port, { servername: 'two.test.' })).toBe('two');
    expect(await shownName(port, { servername: 'other.test' })).toBe('one');
    expect(await shownName(port)).toBe('one');
    const slow = await handshake(port, { servername: 'two.test', socket: await dripping(port) });
    expect(slow.getPeerCertificate().subject.CN).toBe('two');
    slow.destroy();
    // The host of the request chooses the server, whatever the name of the handshake.
    expect(bodyOf(await get(port, 'two.test', { servername: 'one.test' }))).toBe('two [one.test]');
    const hostless = await handshake(port, { servername: 'two.test' });
    hostless.write('GET / HTTP/1.0\r\n\r\n');
    expect(bodyOf(await text(hostless))).toBe('one');
  });

  test.skipIf(isMissing(runner))('ciphers depend on the name', async () => {
    const { port } = await start(
      runner,
      (on) => `server { listen ${on} ssl; server_name one.test; ${certificate('one')} ssl_protocols TLSv1.2;
        ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256; return 200 $ssl_cipher; }
      server { listen ${on} ssl; server_name two.test; ${certificate('two')} ssl_protocols TLSv1.2;
        ssl_ciphers ECDHE-ECDSA-AES256-GCM-SHA384; return 200 $ssl_cipher; }`,
    );
    expect(bodyOf(await get(port, 'one.test'))).toBe('ECDHE-ECDSA-AES128-GCM-SHA256');
    expect(bodyOf(await get(port, 'two.test'))).toBe('ECDHE-ECDSA-AES256-GCM-SHA384');
  });

  test.skipIf(isMissing(runner))('a refused handshake gets the alert for its name, also without one', async () => {
    const { port } = await start(
      runner,
      (on) => `server { listen ${on} ssl default_server; ssl_reject_handshake on; }
      server { listen ${on} ssl; server_name two.test; ${certificate('two')} }`,
    );
    expect(await shownName(port, { servername: 'two.test' })).toBe('two');
    await expect(handshake(port, { servername: 'other.test' })).rejects.toThrow('unrecognized name');
    await expect(handshake(port)).rejects.toThrow('unrecognized name');
  });

  test.skipIf(isMissing(runner))('a failed handshake is logged with its reason', async () => {
    const { recipe, port } = await start(
      runner,
      (on) => `client_header_timeout 400ms; ssl_protocols TLSv1.2 TLSv1.3;
      server { listen 127.0.0.1:${on} ssl; ${certificate('one')} ssl_ciphers ECDHE-ECDSA-AES256-GCM-SHA384; }
      server { listen 127.0.0.1:${on} ssl; server_name refused.test; ssl_reject_handshake on; }`,
    );
    const expectLogged = async (reason: string): Promise<void> => {
      const line = `${reason} while SSL handshaking, client: 127.0.0.1, server: 127.0.0.1:${port}\n`;
      await until(line, () => recipe.read('logs/info.log').includes(line));
      expect(
        recipe
          .read('logs/info.log')
          .split('\n')
          .find((one) => `${one}\n`.endsWith(line)),
      ).toContain('[info]');
    };
    await expect(handshake(port, { ...OLD, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' })).rejects.toThrow('alert');
    await expectLogged('SSL_do_handshake() failed (SSL: error:0A0000C1:SSL routines::no shared cipher)');
    await expect(handshake(port, { ALPNProtocols: ['h2'] })).rejects.toThrow('no application protocol');
    await expectLogged('SSL_do_handshake() failed (SSL: error:0A0000EB:SSL routines::no application protocol)');
    await expect(handshake(port, { servername: 'refused.test' })).rejects.toThrow('unrecognized name');
    await expectLogged('handshake rejected');
    await expect(handshake(port, { rejectUnauthorized: true })).rejects.toThrow('self-signed');
    await expectLogged('peer closed connection in SSL handshake');
    const begun = connect(port, '127.0.0.1');
    begun.write(Buffer.from([22, 3, 1, 0, 100, 1]));
    expect(await received(begun)).toBe('');
    await expectLogged('client timed out (110: Connection timed out)');
    expect(await received(connect(port, '127.0.0.1').end())).toBe('');
    await expectLogged('client closed connection');
  });

  test.skipIf(isMissing(runner))('plain HTTP is answered with 400, logged, and may get a configured page', async () => {
    const { recipe, port } = await start(
      runner,
      (on) => `log_format l '$status $scheme $server_name "$request"';
      server { listen ${on} ssl; server_name one.test; ${certificate('one')} access_log logs/plain.log l; }
      server { listen ${on} ssl; server_name two.test; ${certificate('two')} access_log logs/plain.log l;
        error_page 497 https://$host$request_uri; return 200 served; }`,
    );
    const ask = (host: string): Promise<string> =>
      received(connect(port, '127.0.0.1').end(`GET /a?b HTTP/1.1\r\nHost: ${host}\r\n\r\n`, 'latin1'));
    expect(await ask('one.test')).toMatch(/^HTTP\/1.1 400 [^]*The plain HTTP request was sent to HTTPS port/);
    expect(await ask('two.test')).toMatch(/^HTTP\/1.1 302 [^]*Location: https:\/\/two.test\/a\?b\r\n/);
    const lines = '400 http one.test "GET /a?b HTTP/1.1"\n302 http two.test "GET /a?b HTTP/1.1"\n';
    await until(lines, () => recipe.read('logs/plain.log') === lines);
  });
});

describe('TLS handshakes with pinwheel', () => {
  test('versions depend on the name, as in nginx since 1.29.2', async () => {
    const { port } = await start(
      'pinwheel',
      (on) => `server { listen ${on} ssl; server_name one.test; ${certificate('one')} ssl_protocols TLSv1.2;
        return 200 $ssl_protocol; }
      server { listen ${on} ssl; server_name two.test; ${certificate('two')} ssl_protocols TLSv1.3;
        return 200 $ssl_protocol; }`,
    );
    expect(bodyOf(await get(port, 'one.test'))).toBe('TLSv1.2');
    expect(bodyOf(await get(port, 'two.test'))).toBe('TLSv1.3');
    await expect(handshake(port, { servername: 'two.test', ...OLD })).rejects.toThrow('protocol version');
    await expect(handshake(port, { servername: 'one.test', minVersion: 'TLSv1.3' })).rejects.toThrow(
      'protocol version',
    );
  });
});
