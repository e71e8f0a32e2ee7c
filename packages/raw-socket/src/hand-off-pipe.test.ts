import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished, test } from 'vitest';
import { openHandOffPipe } from './hand-off-pipe-reader.js';
import { HandOffPipe } from './hand-off-pipe.js';
import { usesPlainSockets } from './insides.js';

const TEXT = 'x'.repeat(1_000);

const hasPipes = process.platform === 'linux' && !usesPlainSockets();

// An empty list registers nothing, where a skipped test would count as failed in CI.
describe.each(hasPipes ? ['a hand-off pipe'] : [])('%s', () => {
  const sockets: Socket[] = [];

  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  /** The handle of an accepted connection. */
  async function handleOfConnection(): Promise<object> {
    const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    sockets.push(connect((server.address() as AddressInfo).port, '127.0.0.1'));
    const [accepted] = (await once(server, 'connection')) as [Socket & { _handle: object }];
    server.close();
    sockets.push(accepted);
    return accepted._handle;
  }

  /** A pipe whose other end is not read, and the ids that it refuses. */
  async function openPipe(): Promise<{ pipe: HandOffPipe; refused: number[]; processEnd: Socket }> {
    const pipe = await HandOffPipe.make();
    const processEnd = pipe?.takeProcessEnd();
    if (pipe === undefined || processEnd === undefined) throw new Error('expected a pipe with another end');
    sockets.push(processEnd);
    onTestFinished(() => pipe.close());
    const refused: number[] = [];
    pipe.onRefused = (id) => refused.push(id);
    pipe.opened();
    return { pipe, refused, processEnd };
  }

  it('takes offers of a usual length once the process has reported that it reads the pipe', async () => {
    const pipe = await HandOffPipe.make();
    onTestFinished(() => pipe?.close());
    const offer = { id: 1, idleMs: 0, text: TEXT };
    expect(pipe?.takes(offer)).toBe(false);
    pipe?.opened();
    expect(pipe?.takes(offer)).toBe(true);
    expect(pipe?.takes({ ...offer, text: 'x'.repeat(100_000) })).toBe(false);
    pipe?.close();
    expect(pipe?.takes(offer)).toBe(false);
  });

  it('gives out the end for the process once', async () => {
    const { pipe } = await openPipe();
    expect(pipe.takeProcessEnd()).toBeUndefined();
  });

  it('writes no more than the kernel takes at once: the rest waits, and can be withdrawn', async () => {
    const { pipe, refused } = await openPipe();
    const handle = await handleOfConnection();
    for (let id = 1; id <= 500; id++) pipe.give({ id, idleMs: 0, text: TEXT }, handle);
    const withdrawn = Array.from({ length: 500 }, (_, index) => index + 1).filter((id) => pipe.withdraw(id));
    expect(withdrawn.length).toBeGreaterThan(400);
    expect(withdrawn.length).toBeLessThan(500);
    expect(withdrawn.at(-1)).toBe(500);
    expect(refused).toEqual([]);
  });

  it('writes what waits as soon as the process has reported earlier connections', async () => {
    const { pipe, refused } = await openPipe();
    const handle = await handleOfConnection();
    for (let id = 1; id <= 50; id++) pipe.give({ id, idleMs: 0, text: TEXT }, handle);
    expect(pipe.withdraw(50)).toBe(true);
    pipe.give({ id: 50, idleMs: 0, text: TEXT }, handle);
    for (let id = 1; id <= 10; id++) pipe.arrived(id);
    expect(pipe.withdraw(50)).toBe(false);
    expect(refused).toEqual([]);
  });

  it('refuses what waits when it is closed', async () => {
    const { pipe, refused } = await openPipe();
    const handle = await handleOfConnection();
    for (let id = 1; id <= 100; id++) pipe.give({ id, idleMs: 0, text: TEXT }, handle);
    pipe.close();
    expect(refused.length).toBeGreaterThan(20);
    expect(refused.at(-1)).toBe(100);
  });

  it('closes and refuses what waits when the kernel takes less than expected', async () => {
    const { pipe, refused } = await openPipe();
    const handle = await handleOfConnection();
    for (let id = 1; id <= 500; id++) pipe.give({ id, idleMs: 0, text: TEXT }, handle);
    // The process reports connections that it has not read: the kernel's buffer is full before it should be.
    for (let id = 1; id <= 400; id++) pipe.arrived(id);
    expect(refused.at(-1)).toBe(500);
    expect(pipe.takes({ id: 501, idleMs: 0, text: TEXT })).toBe(false);
  });

  it('refuses an offer when the process is gone', async () => {
    const { pipe, processEnd } = await openPipe();
    const handle = await handleOfConnection();
    processEnd.destroy();
    await once(processEnd, 'close');
    const refusal = new Promise<number>((resolve) => {
      pipe.onRefused = resolve;
    });
    pipe.give({ id: 1, idleMs: 0, text: TEXT }, handle);
    expect(await refusal).toBe(1);
    expect(pipe.withdraw(1)).toBe(false);
  });
});

test.each(hasPipes ? [] : ['plain sockets, and on systems other than Linux'])(
  'there is no hand-off pipe with %s',
  async () => {
    expect(await HandOffPipe.make()).toBeUndefined();
    expect(openHandOffPipe(1_000, () => undefined)).toBeUndefined();
  },
);
