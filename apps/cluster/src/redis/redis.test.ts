import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';
import { checkRedis, startRedis } from './redis.js';
import type { SupervisedProcess } from '../process/supervised-process.js';

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const one of undo.splice(0).toReversed()) await one();
});

async function embedded(log: (line: string) => void = () => undefined) {
  const started: SupervisedProcess[] = [];
  undo.push(() => Promise.all(started.map((one) => one.stop(1_000))));
  return startRedis(log, (process) => started.push(process));
}

/** A server that answers every connection in its own way; its port. */
async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    onConnection(socket);
  });
  undo.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Answers every command, however many come at once, with the same line. */
function answering(line: string): (socket: Socket) => void {
  return (socket) => {
    socket.on('data', (data) => {
      const commands = data.toString('latin1').match(/^\*\d+\r$/gm) ?? [];
      socket.write(`${line}\r\n`.repeat(commands.length));
    });
  };
}

test('the embedded Redis carries messages and listens on 127.0.0.1 only', async () => {
  const { url, shown } = await embedded();
  expect(shown).toBe('embedded');
  const [subscriber, publisher] = [new Redis(url), new Redis(url)];
  undo.push(() => [subscriber.disconnect(), publisher.disconnect()]);
  const heard = new Promise((resolve) => subscriber.once('message', (_channel, text) => resolve(text)));
  await subscriber.subscribe('news');
  await publisher.publish('news', 'hello');
  expect(await heard).toBe('hello');

  const elsewhere = new Redis(url.replace('127.0.0.1', '127.0.0.2'), { lazyConnect: true, retryStrategy: () => null });
  undo.push(() => elsewhere.disconnect());
  const refused = new Promise<Error>((resolve) => elsewhere.once('error', resolve));
  await expect(elsewhere.connect()).rejects.toThrow('Connection is closed');
  expect((await refused).message).toContain('ECONNREFUSED');
});

test('a killed embedded Redis is restarted on its port, and both are logged', async () => {
  let back: () => void;
  const isBack = new Promise<void>((resolve) => {
    back = resolve;
  });
  const lines: string[] = [];
  const { url, process } = await embedded((line) => {
    lines.push(line);
    if (line === 'Redis is back') back();
  });
  const pid = process?.pid;
  await process?.kill('SIGKILL');
  await isBack;
  expect(process?.pid).not.toBe(pid);
  expect(lines[0]).toBe('Redis exited unexpectedly (SIGKILL): restarting in 200 ms');
  expect((await checkRedis(url)).kind).toBe('external');
});

test('a Redis that answers is shown without its password', async () => {
  const port = await listen(answering('+PONG'));
  const redis = await checkRedis(`redis://:secret@127.0.0.1:${port}`);
  expect(redis.shown).toBe(`127.0.0.1:${port}`);
});

test.each([
  ['refuses connections', undefined, 'ECONNREFUSED'],
  ['is silent', () => undefined, 'no answer within 2000 ms'],
  ['closes', (socket: Socket) => socket.end(), 'Connection is closed'],
  ['wants another password', answering('-WRONGPASS invalid'), 'WRONGPASS'],
])('a Redis that %s is reported without its password', async (_how, onConnection, reason) => {
  const port = onConnection === undefined ? 1 : await listen(onConnection);
  const failure = await checkRedis(`redis://user:secret@127.0.0.1:${port}`).catch((error: unknown) => String(error));
  expect(failure).toContain(`Redis at 127.0.0.1:${port} (REDIS_URL) does not answer: `);
  expect(failure).toContain(reason);
  expect(failure).not.toContain('secret');
});
