import { EventEmitter, once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { handOffMessage, readHandOffReport } from '@pinwheel/protocol';
import type { HandOffReport } from '@pinwheel/protocol';
import { until } from '@pinwheel/testing/until';
import { expect, it, onTestFinished } from 'vitest';
import { receiveHandOffs } from './receive-hand-offs.js';

const REQUEST = 'GET /path HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const OPENS_SESSION = REQUEST.replace('/path', '/socket.io/?EIO=4&transport=websocket');

/** A server that takes hand-offs, and what it reports to the balancer. */
function takingServer(isDraining = false): { channel: EventEmitter; reports: HandOffReport[] } {
  const reports: HandOffReport[] = [];
  const channel = Object.assign(new EventEmitter(), {
    send(message: unknown): void {
      const report = readHandOffReport(message);
      if (report !== undefined) reports.push(report);
    },
  });
  const http = createHttpServer((request, response) => response.writeHead(201).end(request.url));
  onTestFinished(receiveHandOffs(http, () => isDraining, channel));
  return { channel, reports };
}

/** Both ends of a connection as the balancer has it: accepted and not read. */
async function connection(): Promise<{ client: Socket; accepted: Socket }> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  server.close();
  onTestFinished(() => {
    client.destroy();
    accepted.destroy();
  });
  return { client, accepted };
}

it('answers a request on a socket from the channel, and reports its end with status and bytes', async () => {
  const { channel, reports } = takingServer();
  const { client, accepted } = await connection();
  let answer = '';
  client.setEncoding('latin1').on('data', (text: string) => (answer += text));
  channel.emit('message', handOffMessage({ id: 7, idleMs: 60_000, text: REQUEST }), accepted);
  await once(client, 'end');
  client.end();
  await until('the end is reported', () => reports.some(({ ended }) => ended.length > 0));
  expect(answer).toMatch(/^HTTP\/1.1 201 [\s\S]*\/path/);
  expect(reports[0]?.taken).toEqual([7]);
  expect(reports.flatMap(({ ended }) => ended)).toEqual([[7, 201, 0, answer.length]]);
});

it('reports an end without a status for an offer whose socket got lost', () => {
  const { channel, reports } = takingServer();
  channel.emit('message', handOffMessage({ id: 8, idleMs: 60_000, text: REQUEST }), undefined);
  expect(reports).toEqual([{ taken: [], refused: [], ended: [[8, 0, 0, 0]] }]);
});

it('refuses a connection that would open a session while it drains, and takes others', async () => {
  const { channel, reports } = takingServer(true);
  const [first, second] = [await connection(), await connection()];
  channel.emit('message', handOffMessage({ id: 1, idleMs: 60_000, text: OPENS_SESSION }), first.accepted);
  const named = OPENS_SESSION.replace('websocket ', 'websocket&sid=tag.abc ');
  channel.emit('message', handOffMessage({ id: 2, idleMs: 60_000, text: named }), second.accepted);
  await until('both are reported', () => reports.flatMap(({ taken, refused }) => [...taken, ...refused]).length === 2);
  expect(reports.flatMap(({ refused }) => refused)).toEqual([1]);
  expect(reports.flatMap(({ taken }) => taken)).toEqual([2]);
});

it('closes a connection when the balancer orders it', async () => {
  const { channel, reports } = takingServer();
  const { client, accepted } = await connection();
  channel.emit('message', handOffMessage({ id: 3, idleMs: 60_000, text: REQUEST.slice(0, -2) }), accepted);
  await until('it is taken', () => reports.some(({ taken }) => taken.includes(3)));
  channel.emit('message', handOffMessage({ id: 3, event: 'close' }), undefined);
  await once(client.resume(), 'close');
  await until('the end is reported', () => reports.some(({ ended }) => ended.length > 0));
});
