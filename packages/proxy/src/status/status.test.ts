import { expect, test } from 'vitest';
import { until } from '@pinwheel/testing/until';
import { nothingLeft, openTunnel } from '../testing/open-tunnel.js';
import { freePort } from '@pinwheel/testing/ports';
import { answering, startUpstream } from '@pinwheel/testing/raw-upstream';
import { startProxy } from '../testing/started-proxy.js';
import type { ListenerStatus } from './status.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

test('requests, responses and bytes of a peer are counted over its idle connections', async () => {
  const upstream = await startUpstream(answering('hello'));
  const proxy = await startProxy([upstream.port]);
  const client = await proxy.connect();
  for (let i = 0; i < 3; i++) {
    client.send(GET);
    await client.response();
  }
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
  const peer = proxy.peer();
  expect(peer).toMatchObject({
    requests: 3,
    failures: 0,
    retries: 0,
    active: 0,
    maxActive: 1,
    answers: { '1xx': 0, '2xx': 3, '3xx': 0, '4xx': 0, '5xx': 0 },
    errors: {},
    lastError: undefined,
    bytesReceived: 3 * answer.length,
  });
  expect(peer.bytesSent).toBeGreaterThan(3 * GET.length);
  expect(proxy.proxy.status()).toMatchObject({ accepted: 1, requests: 3, errors: 0, bytesSent: peer.bytesSent });
});

test('bytes of closed connections still count', async () => {
  const answer = 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
  const upstream = await startUpstream(async (connection) => {
    await connection.request();
    connection.send(answer);
  });
  const proxy = await startProxy([upstream.port]);
  const client = await proxy.connect();
  client.send(GET);
  await client.response();
  await upstream.connections[0]?.ended();
  expect(proxy.peer()).toMatchObject({ bytesReceived: answer.length, answers: { '4xx': 1 } });
});

test('a tunnel is counted while it is open and since the start', async () => {
  const upstream = await startUpstream();
  const proxy = await startProxy([upstream.port]);
  const { client, peer } = await openTunnel(proxy, upstream);
  const before = proxy.peer();
  client.send('12345');
  await peer.take(5);
  peer.send('123');
  await client.take(3);
  expect(proxy.peer()).toMatchObject({
    tunnels: 1,
    tunnelsOpened: 1,
    answers: { '1xx': 1 },
    bytesSent: before.bytesSent + 5,
    bytesReceived: before.bytesReceived + 3,
  });
  client.destroy();
  peer.destroy();
  await nothingLeft(proxy);
  expect(proxy.peer()).toMatchObject({ tunnels: 0, tunnelsOpened: 1, bytesReceived: before.bytesReceived + 3 });
  expect(proxy.proxy.status()).toMatchObject({ tunnelsOpened: 1, handOffs: 0 });
});

test('a failed attempt is counted by its code, and as a retry where it was retried', async () => {
  const upstream = await startUpstream(answering('hello'));
  const proxy = await startProxy([await freePort(), upstream.port]);
  const client = await proxy.connect();
  client.send(GET);
  await client.response();
  expect(proxy.peer(0)).toMatchObject({
    state: 'failed',
    downs: 1,
    reachable: false,
    fails: 1,
    requests: 1,
    failures: 1,
    retries: 1,
    errors: { connect_failed: 1 },
    lastError: { code: 'connect_failed' },
  });
  expect(proxy.peer(1)).toMatchObject({ state: 'up', requests: 1, retries: 0, errors: {} });
  expect(proxy.proxy.status().errors).toBe(0);
});

test('errors that clients get are counted by their codes', async () => {
  const proxy = await startProxy([await freePort()]);
  const client = await proxy.connect();
  client.send(`${GET}NONSENSE\r\n\r\n`);
  expect((await client.response()).start).toContain('502');
  expect((await client.response()).start).toContain('400');
  expect(proxy.proxy.status()).toMatchObject({
    errors: 2,
    errorsByCode: { connect_failed: 1, bad_request_line: 1 },
  });
});

test('a client that leaves before its response is counted', async () => {
  const upstream = await startUpstream();
  const proxy = await startProxy([upstream.port]);
  const client = await proxy.connect();
  client.send(GET);
  await (await upstream.accept()).request();
  client.destroy();
  await until('the request is over', () => proxy.peer().active === 0);
  expect(proxy.proxy.status().errorsByCode).toEqual({ client_closed: 1 });
  expect(proxy.peer()).toMatchObject({ failures: 0, errors: {} });
});

test('the counters of a peer survive a reload that keeps it', async () => {
  const upstream = await startUpstream(answering('hello'));
  const options = {
    listeners: [{ port: 0 }],
    upstreams: [{ name: 'backend', peers: [{ host: '127.0.0.1', port: upstream.port }] }],
  };
  const proxy = await startProxy([upstream.port]);
  const client = await proxy.connect();
  client.send(GET);
  await client.response();
  await proxy.proxy.reload(options);
  expect(proxy.peer()).toMatchObject({ requests: 1, answers: { '2xx': 1 } });
});

test('the status has the rate of each second of the last minute', async () => {
  const upstream = await startUpstream(answering('hello'));
  const proxy = await startProxy([upstream.port]);
  expect(proxy.proxy.status().rates.requests.samples).toEqual([]);
  const client = await proxy.connect();
  client.send(GET);
  await client.response();
  await until('a second has passed', () => proxy.proxy.status().rates.requests.samples.length === 1);
  const { rates } = proxy.proxy.status();
  expect(rates.requests).toEqual({ last: 1, max: 1, mean: 1, samples: [1] });
  expect(rates.bytesReceived.last).toBe(proxy.peer().bytesReceived);
  expect(proxy.peer().rate.samples).toEqual([1]);
});

test('sessions of a peer are counted by the transport that they began with', async () => {
  const upstream = await startUpstream(answering('0{"sid":"n1.abc","upgrades":["websocket"]}'));
  const proxy = await startProxy([upstream.port]);
  const client = await proxy.connect();
  for (const query of ['EIO=4&transport=polling', 'EIO=4&transport=polling&sid=n1.abc']) {
    client.send(`GET /socket.io/?${query} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await client.response();
  }
  expect(proxy.peer().sessions).toEqual({ polling: 1, websocket: 0 });
  expect(proxy.peer().lastChosen).toBeLessThan(5);
});

test('a WebSocket counts as a session unless it upgrades one', async () => {
  const upstream = await startUpstream();
  const proxy = await startProxy([upstream.port]);
  for (const path of [
    '/socket.io/?EIO=4&transport=websocket',
    '/ws',
    '/socket.io/?EIO=4&transport=websocket&sid=abc',
  ]) {
    await openTunnel(proxy, upstream, path);
  }
  expect(proxy.peer()).toMatchObject({ tunnels: 3, sessions: { polling: 0, websocket: 2 } });
});

test('a listener counts its connections, tunnels included, and the most at once', async () => {
  const upstream = await startUpstream();
  const proxy = await startProxy([upstream.port]);
  const { client, peer } = await openTunnel(proxy, upstream);
  const other = await proxy.connect();
  other.send('NONSENSE\r\n\r\n');
  await other.response();
  other.destroy();
  const listener = (): ListenerStatus | undefined => proxy.proxy.status().listeners[0];
  await until('one connection is left', () => listener()?.connections === 1);
  expect(listener()).toMatchObject({
    name: `127.0.0.1:${proxy.port}`,
    tls: false,
    accepted: 2,
    maxConnections: 2,
    requests: 1,
    errors: 1,
  });
  client.destroy();
  peer.destroy();
  await until('no connection is left', () => listener()?.connections === 0);
});

test('lastChosen is undefined for a peer that was never chosen', async () => {
  const proxy = await startProxy([await freePort()]);
  expect(proxy.peer().lastChosen).toBeUndefined();
});

test('the history has each second, of the proxy and of each peer', async () => {
  const upstream = await startUpstream(answering('hello'));
  const proxy = await startProxy([upstream.port]);
  const client = await proxy.connect();
  client.send(GET);
  await client.response();
  await until('a second has passed', () => proxy.proxy.history().total.requests.length === 1);
  const { total, peers } = proxy.proxy.history();
  const { name, bytesSent, bytesReceived } = proxy.peer();
  expect(total).toMatchObject({ requests: [1], accepted: [1], errors: [0], bytesSent: [bytesSent] });
  expect(peers).toEqual([
    { upstream: 'backend', name, requests: [1], sessions: [0], errors: [0], bytes: [bytesSent + bytesReceived] },
  ]);
});
