import { describe, expect, test } from 'vitest';
import { until } from '@pinwheel/testing/until';
import { nothingLeft, openTunnel } from '../testing/open-tunnel.js';
import { startUpstream } from '@pinwheel/testing/raw-upstream';
import { startProxy } from '../testing/started-proxy.js';

describe('the end of a tunnel', () => {
  test('after a half-close the other side may go on sending', async () => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port]);
    for (const side of ['client', 'peer'] as const) {
      const { client, peer } = await openTunnel(proxy, upstream);
      const [first, second] = side === 'client' ? [client, peer] : [peer, client];
      first.send('last words');
      first.socket.end();
      expect(await second.take(10)).toBe('last words');
      expect(await second.ended()).toBe('fin');
      second.send('z'.repeat(300_000));
      second.socket.end();
      expect(await first.take(300_000)).toHaveLength(300_000);
      expect(await first.ended()).toBe('fin');
      await nothingLeft(proxy);
    }
  });

  test('bytes in flight when both sides have ended still arrive', async () => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port]);
    const { client, peer } = await openTunnel(proxy, upstream);
    client.socket.pause();
    client.socket.end();
    expect(await peer.ended()).toBe('fin');
    peer.send(Buffer.alloc(20_000_000));
    peer.socket.end();
    client.socket.resume();
    expect(await client.take(20_000_000)).toHaveLength(20_000_000);
    await nothingLeft(proxy);
  });

  test.each(['client', 'peer'] as const)('a reset by the %s ends the other side', async (side) => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port]);
    for (const how of ['destroy', 'resetAndDestroy'] as const) {
      const { client, peer } = await openTunnel(proxy, upstream);
      const [killed, other] = side === 'client' ? [client, peer] : [peer, client];
      killed.socket[how]();
      await other.ended();
      other.socket.end();
      await nothingLeft(proxy);
    }
  });

  test('a tunnel that is silent on both sides closes after the read timeout', async () => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port], { timeouts: { read: 100 } });
    const { client, peer } = await openTunnel(proxy, upstream);
    await Promise.all([client.ended(), peer.ended()]);
    await nothingLeft(proxy);
  });

  test.each(['client', 'peer'] as const)('bytes from the %s alone keep a tunnel open', async (side) => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port], { timeouts: { read: 400 } });
    const { client, peer } = await openTunnel(proxy, upstream);
    const [from, to] = side === 'client' ? [client, peer] : [peer, client];
    const started = performance.now();
    while (performance.now() - started < 1_200) {
      from.send('.');
      await to.take(1);
      await new Promise((resolve) => {
        setTimeout(resolve, 40);
      });
    }
    expect([client.ending, peer.ending]).toEqual([undefined, undefined]);
    await Promise.all([client.ended(), peer.ended()]);
  });

  test('a side that takes nothing for the send timeout is disconnected', async () => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port], { timeouts: { upstreamSend: 150 } });
    const { client, peer } = await openTunnel(proxy, upstream);
    peer.socket.pause();
    client.send(Buffer.alloc(40_000_000));
    await client.ended();
    await nothingLeft(proxy);
  });

  test('closing the proxy closes a tunnel after the grace', async () => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port]);
    const { client, peer } = await openTunnel(proxy, upstream);
    const other = await openTunnel(proxy, upstream);
    const closed = proxy.proxy.close(400);
    client.send('still here');
    expect(await peer.take(10)).toBe('still here');
    client.socket.resetAndDestroy();
    await peer.ended();
    await Promise.all([closed, other.client.ended(), other.peer.ended()]);
    await nothingLeft(proxy);
  });

  test('closing the proxy resolves as soon as the last tunnel has ended', async () => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port]);
    const { client } = await openTunnel(proxy, upstream);
    const closed = proxy.proxy.close(60_000);
    client.socket.resetAndDestroy();
    await closed;
    await nothingLeft(proxy);
  });

  test('a tunnel counts as one request in flight of its peer', async () => {
    const upstream = await startUpstream();
    const proxy = await startProxy([upstream.port]);
    const opened = [await openTunnel(proxy, upstream), await openTunnel(proxy, upstream)];
    expect(proxy.peer()).toMatchObject({ active: 2, tunnels: 2 });
    opened[0]?.client.socket.resetAndDestroy();
    await until('one is left', () => proxy.peer().active === 1);
    expect(proxy.peer().tunnels).toBe(1);
  });
});
