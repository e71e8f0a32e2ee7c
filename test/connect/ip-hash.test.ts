import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { GivenPeer, Proxy } from '@pinwheel/proxy';
import { createProxy } from '@pinwheel/proxy';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** nginx's ip_hash for IPv4, written after its documentation and source, for easy reading. */
function nginxPeer(address: string, weights: readonly number[], usable: readonly boolean[]): number {
  const octets = address.split('.').slice(0, 3).map(Number);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let hash = 89;
  for (let tries = 0; tries <= 20; tries++) {
    for (const octet of octets) hash = (hash * 113 + octet) % 6271;
    let point = hash % total;
    let index = 0;
    while (point >= (weights[index] ?? 0)) point -= weights[index++] ?? 0;
    if (usable[index] === true) return index;
  }
  return -1;
}

/** 1,000 addresses, each in another /24. */
const addresses = Array.from(
  { length: 1_000 },
  (_, i) => `${1 + ((i * 37) % 223)}.${(i * 11) % 256}.${(i * 101) % 256}.${i % 256}`,
);

describe('ip_hash through a listener that trusts 127.0.0.0/8', () => {
  const servers: Server[] = [];
  let ports: number[] = [];

  beforeAll(async () => {
    ports = await Promise.all(
      [0, 1, 2].map(async (index) => {
        const server = createServer((_request, response) => response.end(String(index)));
        servers.push(server);
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const address = server.address();
        return typeof address === 'object' && address !== null ? address.port : 0;
      }),
    );
  });
  afterAll(() => servers.forEach((server) => server.close()));

  async function withProxy(peers: readonly Partial<GivenPeer>[], use: (url: string) => Promise<void>): Promise<void> {
    const proxy: Proxy = createProxy({
      listeners: [{ port: 0, trustedProxies: ['127.0.0.0/8'] }],
      upstreams: [
        {
          name: 'app',
          policy: 'ip_hash',
          peers: peers.map((peer, i) => ({ host: '127.0.0.1', port: ports[i] ?? 0, ...peer })),
        },
      ],
    });
    await proxy.listen();
    try {
      await use(`http://127.0.0.1:${proxy.addresses[0]?.port}`);
    } finally {
      await proxy.close(0);
    }
  }

  async function peerOf(url: string, address: string): Promise<number> {
    const response = await fetch(url, { headers: { 'x-forwarded-for': address } });
    return Number(await response.text());
  }

  test('three equal peers: 127.0.1.x is peer 0, 127.0.2.x peer 1, 192.168.1.x peer 1', async () => {
    await withProxy([{}, {}, {}], async (url) => {
      expect(await peerOf(url, '127.0.1.7')).toBe(0);
      expect(await peerOf(url, '127.0.2.7')).toBe(1);
      expect(await peerOf(url, '192.168.1.200')).toBe(1);
    });
  });

  test.each([
    { name: 'equal peers', peers: [{}, {}, {}], weights: [1, 1, 1], usable: [true, true, true] },
    {
      name: 'weights 5, 1, 3',
      peers: [{ weight: 5 }, {}, { weight: 3 }],
      weights: [5, 1, 3],
      usable: [true, true, true],
    },
    { name: 'the middle peer down', peers: [{}, { down: true }, {}], weights: [1, 1, 1], usable: [true, false, true] },
    {
      name: 'weights and a peer down',
      peers: [{ weight: 2, down: true }, { weight: 3 }, {}],
      weights: [2, 3, 1],
      usable: [false, true, true],
    },
  ])('1,000 addresses reach the peers that nginx chooses: $name', async ({ peers, weights, usable }) => {
    await withProxy(peers, async (url) => {
      const wrong: string[] = [];
      for (const address of addresses) {
        const expected = nginxPeer(address, weights, usable);
        const got = await peerOf(url, address);
        if (expected >= 0 && got !== expected) wrong.push(`${address}: expected ${expected}, got ${got}`);
      }
      expect(wrong).toEqual([]);
    });
  });
});
