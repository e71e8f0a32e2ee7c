import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { localhostTls } from '@pinwheel/testing/localhost-tls';
import { openRaw } from '@pinwheel/testing/raw-connection';
import { createProxy } from '../proxy.js';
import type { Proxy } from '../proxy.js';
import { readProxyHeader } from './proxy-protocol.js';

const TEXT = Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 123 5678\r\n', 'latin1');
const BINARY = Buffer.concat([
  Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'),
  Buffer.from([0x21, 0x11, 0, 15, 192, 0, 2, 1, 192, 0, 2, 2, 0, 123, 0x16, 0x2e, 4, 0, 0]),
]);
const FACTS = { addr: '192.0.2.1', port: 123, serverAddr: '192.0.2.2', serverPort: 5_678 };
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe.each([
  ['version 1', TEXT],
  ['version 2', BINARY],
])('a header of %s', (_version, header) => {
  test('the header is incomplete before its last byte, and ends there', () => {
    for (let length = 0; length < header.length; length++) {
      expect(readProxyHeader(header.subarray(0, length))).toEqual({ kind: 'incomplete' });
    }
    const all = Buffer.concat([header, Buffer.from(GET)]);
    expect(readProxyHeader(all)).toEqual({ kind: 'header', length: header.length, facts: FACTS });
  });

  test.each([false, true])('the header may come in pieces (TLS: %s)', async (tls) => {
    const proxy = await start(tls ? localhostTls : undefined);
    const { port = 0 } = proxy.addresses[0] ?? {};
    const connection = await openRaw(port, tls, header);
    onTestFinished(() => connection.destroy());
    for (let i = 0; i < 2; i++) {
      connection.send(GET);
      expect((await connection.response()).body).toBe('192.0.2.1:123 to 192.0.2.2:5678');
    }
  });
});

test('any bytes are a header, broken or incomplete', () => {
  const piece = fc.oneof(
    fc.constantFrom<Buffer>(TEXT, BINARY, BINARY.subarray(0, 12), Buffer.from('PROXY '), Buffer.from('\r\n')),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
      const bytes = Buffer.concat(pieces);
      const read = readProxyHeader(bytes);
      expect(read.kind === 'header' ? read.length : 0).toBeLessThanOrEqual(bytes.length);
    }),
    { numRuns: 3_000 },
  );
});

test('a connection whose header never ends, or whose client leaves, is closed', async () => {
  const proxy = await start(undefined, 100);
  const { port = 0 } = proxy.addresses[0] ?? {};
  const slow = await openRaw(port);
  slow.send('PROXY TCP4 ');
  await slow.ended();
  const leaving = await openRaw(port);
  leaving.send('PROXY TCP4 ');
  leaving.socket.end();
  await leaving.ended();
  expect(proxy.status().clients).toBe(0);
});

async function start(tls: typeof localhostTls | undefined, clientHeader = 60_000): Promise<Proxy> {
  const proxy = createProxy({
    listeners: [{ port: 0, proxyProtocol: true, ...(tls !== undefined && { tls }) }],
    upstreams: [],
    timeouts: { clientHeader },
    servers: [
      {
        locations: [
          {
            path: '/',
            reply: {
              status: 200,
              text: ({ proxyProtocol: one }) =>
                `${one?.addr ?? ''}:${one?.port ?? ''} to ${one?.serverAddr ?? ''}:${one?.serverPort ?? ''}`,
            },
          },
        ],
      },
    ],
  });
  await proxy.listen();
  onTestFinished(() => proxy.close(0));
  return proxy;
}
