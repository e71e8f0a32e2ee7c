import type { PolicyName, Proxy } from '@pinwheel/proxy';
import { createProxy } from '@pinwheel/proxy';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectAtOnce, connectInTurn, errorsOf, median, perServer } from '@pinwheel/testing/connect';
import { type ServerProcess, startStockServer } from '@pinwheel/testing/server-process';

/** Servers without Pinwheel: their session ids have no tag, so the balancer learns them. */
describe.each<PolicyName>(['round_robin', 'ip_hash'])('two plain Socket.IO servers behind %s', (policy) => {
  let servers: ServerProcess[] = [];
  let proxy: Proxy;
  let url = '';

  beforeAll(async () => {
    servers = await Promise.all(['Stock1', 'Stock2'].map(startStockServer));
    const peers = servers.map(({ port }) => ({ host: '127.0.0.1', port }));
    proxy = createProxy({ listeners: [{ port: 0 }], upstreams: [{ name: 'stock', policy, peers }] });
    await proxy.listen();
    url = `http://127.0.0.1:${proxy.addresses[0]?.port}`;
  });
  afterAll(async () => {
    await proxy.close(0);
    await Promise.all(servers.map((server) => server.kill()));
  });

  const bothUsed = policy === 'round_robin';

  test('200 default clients in sequence connect and upgrade at the first attempt', async () => {
    const direct = await connectInTurn(servers[0]?.url ?? '', 50);
    const through = await connectInTurn(url, 200);
    expect(errorsOf(through)).toEqual([]);
    expect(Object.keys(perServer(through))).toHaveLength(bothUsed ? 2 : 1);
    const ratio = median(through.map((one) => one.connectMs)) / median(direct.map((one) => one.connectMs));
    expect(ratio).toBeLessThan(3);
  });

  test.each([['polling'], ['websocket']])(
    '60 %s clients in sequence connect at the first attempt',
    async (transport) => {
      const through = await connectInTurn(url, 60, { transports: [transport] });
      expect(errorsOf(through)).toEqual([]);
      expect(Object.keys(perServer(through))).toHaveLength(bothUsed ? 2 : 1);
    },
  );

  test.each([
    ['default', undefined],
    ['polling', ['polling']],
    ['websocket', ['websocket']],
  ])('50 %s clients at once connect at the first attempt', async (_name, transports) => {
    const through = await connectAtOnce(url, 50, transports === undefined ? {} : { transports });
    expect(errorsOf(through)).toEqual([]);
  });
});
