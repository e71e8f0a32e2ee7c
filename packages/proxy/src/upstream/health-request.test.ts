import type { RequestListener } from 'node:http';
import { createServer as createPlain } from 'node:http';
import { createServer as createTls } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { localhostTls } from '@pinwheel/testing/localhost-tls';
import { askTag } from './health-request.js';
import { readProxyOptions } from '../options/proxy.js';
import { Peer } from './peer.js';
import { UpstreamTls } from './link/tls.js';

let servers: Server[] = [];

afterEach(() => {
  for (const server of servers) server.close();
  servers = [];
});

const member: RequestListener = (request, response) => {
  const known = request.url === '/healthz';
  response.writeHead(known ? 200 : 404, { Connection: 'close' }).end('{"tag":"node-1"}');
};

async function started(server: Server): Promise<Peer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  const { port } = server.address() as AddressInfo;
  const { upstreams } = readProxyOptions({
    listeners: [{ port: 0 }],
    upstreams: [{ name: 'u', peers: [{ host: '127.0.0.1', port }] }],
  });
  const [options] = upstreams[0]?.peers ?? [];
  if (options === undefined) throw new TypeError('no peer');
  return new Peer(options, 0, () => performance.now());
}

function tlsFor(name: string, verify: boolean): UpstreamTls {
  return new UpstreamTls({
    name,
    sendName: true,
    verify,
    verifyDepth: 1,
    ca: localhostTls.cert,
    protocols: ['TLSv1.2', 'TLSv1.3'],
    ciphers: 'DEFAULT',
    passphrases: [],
    sessionReuse: true,
  });
}

describe('askTag', () => {
  test('askTag asks over plain HTTP', async () => {
    expect(await askTag(await started(createPlain(member)))).toBe('node-1');
  });

  test('askTag asks over TLS when the upstream has TLS', async () => {
    const peer = await started(createTls(localhostTls, member));
    expect(await askTag(peer, tlsFor('localhost', true))).toBe('node-1');
    expect(await askTag(peer)).toBeUndefined();
  });

  test('askTag returns undefined when the certificate does not verify', async () => {
    const peer = await started(createTls(localhostTls, member));
    expect(await askTag(peer, tlsFor('other.test', true))).toBeUndefined();
    expect(await askTag(peer, tlsFor('other.test', false))).toBe('node-1');
  });
});
