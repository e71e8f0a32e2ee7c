import type { Proxy } from '@pinwheel/proxy';
import { createProxy } from '@pinwheel/proxy';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEchoNode } from '../nodes/echo-node.js';
import type { ServerProcess } from '@pinwheel/testing/server-process';

let nodes: ServerProcess[] = [];
const proxies: Proxy[] = [];

beforeAll(async () => {
  nodes = await Promise.all(['Server1', 'Server2', 'Server3'].map((name) => startEchoNode(name)));
});
afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.close(0)));
  await Promise.all(nodes.map((node) => node.kill()));
});

/** A new balancer; its peers are in another order than those of the others. */
async function startBalancer(first: number): Promise<string> {
  const order = nodes.map((_, i) => nodes[(i + first) % nodes.length] ?? nodes[0]);
  const peers = order.flatMap((node) => (node === undefined ? [] : [{ host: '127.0.0.1', port: node.port }]));
  const proxy = createProxy({ listeners: [{ port: 0 }], upstreams: [{ name: 'nodes', peers }] });
  proxies.push(proxy);
  await proxy.listen();
  return `http://127.0.0.1:${proxy.addresses[0]?.port}`;
}

const path = '/socket.io/?EIO=4&transport=polling';

async function openSession(url: string): Promise<string> {
  const response = await fetch(url + path);
  const { sid } = JSON.parse((await response.text()).slice(1)) as { sid: string };
  return sid;
}

/** Joins the main namespace; the greeting in the answer to a poll has the name of the session's node. */
async function joinAndPoll(url: string, sid: string): Promise<{ status: number; text: string }> {
  await fetch(`${url}${path}&sid=${sid}`, { method: 'POST', body: '40' });
  const response = await fetch(`${url}${path}&sid=${sid}`);
  return { status: response.status, text: await response.text() };
}

test('a session continues through another balancer that has never seen it, from another address', async () => {
  const opener = await startBalancer(0);
  const sids = await Promise.all(Array.from({ length: 9 }, () => openSession(opener)));
  const other = await startBalancer(1);
  const answers = await Promise.all(sids.map((sid) => joinAndPoll(other, sid)));
  expect(answers.map((answer) => answer.status)).toEqual(sids.map(() => 200));
  expect(answers.every((answer) => answer.text.includes('40{"sid"'))).toBe(true);
});

test('a session continues through a balancer that was started after it, when the first balancer is gone', async () => {
  const opener = await startBalancer(2);
  const sids = await Promise.all(Array.from({ length: 6 }, () => openSession(opener)));
  await proxies.at(-1)?.close(0);
  const successor = await startBalancer(0);
  const answers = await Promise.all(sids.map((sid) => joinAndPoll(successor, sid)));
  expect(answers.map((answer) => answer.status)).toEqual(sids.map(() => 200));
});

test.each([
  ['the sid of an unknown node', 'unknown.AAAAAAAAAAAAAAAAAAAAAAAA'],
  ['a sid without a tag', 'lv_VI97HAXpY6yYWAAAC'],
  ['a sid of 7,000 characters', `x.${'A'.repeat(7_000)}`],
])('%s is answered by a live node with Engine.IO’s refusal', async (_name, sid) => {
  const url = await startBalancer(0);
  const response = await fetch(`${url}${path}&sid=${sid}`);
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({ code: 1, message: 'Session ID unknown' });
});
