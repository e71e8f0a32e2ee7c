import { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { connect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { beginsHandshake, readClientHello } from './client-hello.js';

/** The ClientHello of Node's client. */
function hello(options: ConnectionOptions): Promise<Buffer> {
  return new Promise((resolve) => {
    const outside = new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _encoding, done) {
        resolve(chunk);
        done();
      },
    });
    const client = connect({ socket: outside, ...options });
    client.on('error', () => undefined);
  });
}

describe('readClientHello', () => {
  test('readClientHello reads the server name and whether TLS 1.3 is offered', async () => {
    const old = await hello({
      servername: 'One.Test',
      maxVersion: 'TLSv1.2',
      ciphers: 'ECDHE-RSA-AES128-GCM-SHA256',
      ecdhCurve: 'P-256',
    });
    expect(readClientHello(old)).toMatchObject({ serverName: 'One.Test', offersTls13: false });
    expect(readClientHello(await hello({}))).toMatchObject({ serverName: undefined, offersTls13: true });
  });

  test('readClientHello returns "more" until the last byte, over any record borders', async () => {
    const whole = await hello({ servername: 'one.test' });
    const cut: Buffer[] = [];
    for (let at = 5; at < whole.length; at += 100) {
      const piece = whole.subarray(at, at + 100);
      cut.push(Buffer.from([22, 3, 1, 0, piece.length]), piece);
    }
    for (const bytes of [whole, Buffer.concat(cut)]) {
      for (let length = 1; length < bytes.length; length++) {
        expect(readClientHello(bytes.subarray(0, length))).toBe('more');
      }
      expect(readClientHello(bytes)).toMatchObject({ serverName: 'one.test' });
    }
  });

  test('readClientHello returns "other" for broken or overlong hellos', async () => {
    const whole = await hello({ servername: 'one.test' });
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0, 1, 127, 255]) {
        const bytes = Buffer.from(whole);
        bytes[at] = value;
        expect(() => readClientHello(bytes)).not.toThrow();
      }
    }
    const tiny = Buffer.concat(Array.from({ length: 100 }, () => Buffer.from([22, 3, 1, 0, 1, 1])));
    expect(readClientHello(tiny)).toBe('other');
    expect(readClientHello(Buffer.from([22, 3, 1, 255, 255]))).toBe('other');
    expect(readClientHello(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0]))).toBe('other');
    expect(readClientHello(Buffer.from([0x80, 0x2e, 1, 3, 1]))).toBe('other');
  });

  test('beginsHandshake tells TLS from HTTP by the first byte', () => {
    expect([22, 0x80, 0xff].map(beginsHandshake)).toEqual([true, true, true]);
    expect([...Buffer.from('GP\r\n\0')].map(beginsHandshake)).toEqual([false, false, false, false, false]);
  });
});
