import { once } from 'node:events';
import type { Proxy } from '@pinwheel/proxy';
import { createProxy } from '@pinwheel/proxy';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type ClientOptions, type Connected, connect } from '@pinwheel/testing/connect';
import type { ServerProcess } from '@pinwheel/testing/server-process';
import { startEchoNode } from './echo-node.js';

describe('a node is killed', () => {
  let nodes: ServerProcess[] = [];
  let proxy: Proxy;
  let url = '';
  let clients: Connected[] = [];

  beforeEach(async () => {
    nodes = await Promise.all(['Server1', 'Server2'].map((name) => startEchoNode(name)));
    const peers = nodes.map(({ port }) => ({ host: '127.0.0.1', port }));
    proxy = createProxy({ listeners: [{ port: 0 }], upstreams: [{ name: 'nodes', peers }] });
    await proxy.listen();
    url = `http://127.0.0.1:${proxy.addresses[0]?.port}`;
    clients = [];
  });
  afterEach(async () => {
    for (const { client } of clients) client.disconnect();
    await proxy.close(0);
    await Promise.all(nodes.map((node) => node.kill()));
  });

  async function connectMany(count: number, options: ClientOptions): Promise<void> {
    const more = await Promise.all(Array.from({ length: count }, () => connect(url, options)));
    clients.push(...more);
  }

  test('clients of a killed node are on the other node within 3 s, and other clients are not disturbed', async () => {
    await connectMany(20, {});
    await connectMany(10, { transports: ['polling'] });
    await connectMany(10, { transports: ['websocket'] });
    const lost = clients.filter((one) => one.server === 'Server1');
    const kept = clients.filter((one) => one.server === 'Server2');
    expect(lost.length).toBeGreaterThan(5);
    expect(kept.length).toBeGreaterThan(5);

    const noticed: string[] = [];
    for (const { client } of kept) client.on('disconnect', (reason) => noticed.push(reason));
    const killed = performance.now();
    const returns = lost.map(async ({ client }) => {
      const greeting = await new Promise<{ server: string }>((resolve) => client.once('server', resolve));
      return { server: greeting.server, ms: performance.now() - killed };
    });
    await nodes[0]?.kill();
    const back = await Promise.all(returns);

    expect(new Set(back.map((one) => one.server))).toEqual(new Set(['Server2']));
    expect(Math.max(...back.map((one) => one.ms))).toBeLessThan(3_000);
    const echoes = await Promise.all(clients.map(({ client }, i) => client.timeout(5_000).emitWithAck('echo', i)));
    expect(echoes).toEqual(clients.map((_, i) => i));
    expect(noticed).toEqual([]);
  });

  test('requests to a killed node are answered by the other node, or with 502 when there is none', async () => {
    await nodes[0]?.kill();
    const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(`${url}/healthz`)));
    expect(answers.map((one) => one.status)).toEqual(Array.from({ length: 20 }, () => 200));

    await nodes[1]?.kill();
    const refused = await fetch(`${url}/healthz`);
    expect(refused.status).toBe(502);
    expect(await refused.text()).toContain('<title>502 Bad Gateway</title>');
    const socket = new WebSocket(`${url.replace('http', 'ws')}/`);
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('502');
  });

  test('a poll in flight when the last node dies gets a response', async () => {
    const open = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
    const { sid } = JSON.parse((await open.text()).slice(1)) as { sid: string };
    const poll = fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`);
    await fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`, { method: 'POST', body: '40' });
    expect((await poll).status).toBe(200);
    await (await fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`)).text();
    const waiting = fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`);
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (proxy.status().upstreams[0]?.peers.some((peer) => peer.active > 0) === true) resolve();
        else setImmediate(look);
      };
      look();
    });
    await Promise.all(nodes.map((node) => node.kill()));
    expect((await waiting).status).toBe(502);
  });
});
