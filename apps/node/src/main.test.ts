import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { embeddedRedis, hasRedisServer, redisInstall, redisServer } from '@pinwheel/testing/redis-process';
import { until } from '@pinwheel/testing/until';
import { describe, expect, it } from 'vitest';
import { afterwards, ask, client, nodeProcess } from './testing/index.js';
import type { Client } from './testing/index.js';

const LINE = /^node (\S+) (http:\/\/127\.0\.0\.1:(\d+)) tag=([A-Za-z0-9_-]+) redis=(\S+)$/;

function partsOf(line: string): { server: string; url: string; port: number; tag: string; redis: string } {
  const [, server = '', url = '', port = '', tag = '', redis = ''] = LINE.exec(line) ?? [];
  return { server, url, port: Number(port), tag, redis };
}

describe('the program pinwheel-node', () => {
  it('prints one line when it listens, drains on SIGTERM and exits with 0', async () => {
    const { child, ready, exited, stdout, stderr } = nodeProcess({ PORT: '0', SERVER_NAME: 'app1', REDIS_URL: '' });
    const { server, url, tag, redis } = partsOf(await ready);
    expect([server, redis]).toEqual(['app1', 'none']);
    expect(await (await fetch(`${url}/healthz`)).json()).toMatchObject({ status: 'alive', server: 'app1', tag });
    const socket = await client(url, { reconnection: false });
    const gone = new Promise((resolve) => socket.once('disconnect', resolve));
    child.kill('SIGTERM');
    expect(await gone).toBe('transport close');
    expect(await exited).toEqual([0, null]);
    expect(stdout).toHaveLength(1);
    expect(stderr).toEqual([]);
  });

  it('has the same tag after a restart on the same port', async () => {
    const first = nodeProcess({ PORT: '0', REDIS_URL: '' });
    const { port, tag } = partsOf(await first.ready);
    first.child.kill('SIGINT');
    expect(await first.exited).toEqual([0, null]);
    const second = nodeProcess({ PORT: String(port), REDIS_URL: '' });
    expect(partsOf(await second.ready).tag).toBe(tag);
  });

  it('starts without a Redis, and prints no password', async () => {
    const { ready, stderr } = nodeProcess({ PORT: '0', REDIS_URL: 'redis://me:secret@127.0.0.1:1/' });
    const line = await ready;
    expect(partsOf(line).redis).toBe('127.0.0.1:1');
    const { url } = partsOf(line);
    expect(await ask(await client(url), 'echo', 'at once')).toBe('at once');
    const response = await fetch(`${url}/readyz`);
    expect(response.status).toBe(503);
    const body = await response.text();
    expect(body).toContain('not connected to 127.0.0.1:1: connection refused');
    await until('the line is logged', () => stderr.length > 0);
    expect(line + body + stderr.join()).not.toContain('secret');
  });

  it('exits at once when the same signal comes again', async () => {
    const { child, ready, exited } = nodeProcess({ PORT: '0', REDIS_URL: '' });
    const { url } = partsOf(await ready);
    // A session without a poll in flight keeps the drain waiting.
    await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
    child.kill('SIGINT');
    await until('it drains', async () => (await fetch(`${url}/readyz`)).status === 503);
    child.kill('SIGTERM');
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    child.kill('SIGINT');
    expect(await exited).toEqual([1, null]);
  });

  it('reports to its parent where it listens, and exits with it', async () => {
    const { child, exited } = nodeProcess({ PORT: '0', REDIS_URL: '', NODE_TAG: 'mine' }, true);
    const [message] = await once(child, 'message');
    expect(message).toEqual({ type: 'listening', port: expect.any(Number), tag: 'mine' });
    child.disconnect();
    expect(await exited).toEqual([0, null]);
  });

  it('prints its settings with --help, and no server starts', async () => {
    const { exited, stdout, stderr } = nodeProcess({ PORT: '0' }, false, ['--help']);
    expect(await exited).toEqual([0, null]);
    expect(stderr).toEqual([]);
    for (const variable of [
      'PORT',
      'HOST',
      'SERVER_NAME',
      'REDIS_URL',
      'ADAPTER',
      'NODE_TAG',
      'CONTROLS',
      'PINWHEEL_PLAIN_SOCKETS',
    ]) {
      expect(stdout).toContainEqual(expect.stringMatching(new RegExp(`^  ${variable} `)));
    }
  });

  it('prints its version with --version', async () => {
    const { exited, stdout } = nodeProcess({}, false, ['--version']);
    expect(await exited).toEqual([0, null]);
    expect(stdout).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
  });

  it('refuses an unknown argument in one line, with exit code 2', async () => {
    const { exited, stderr } = nodeProcess({}, false, ['--port', '1']);
    expect(await exited).toEqual([2, null]);
    expect(stderr).toEqual(['pinwheel-node: unknown flag --port (see --help)']);
  });

  it('refuses bad settings in one line, with exit code 2', async () => {
    const { exited, stdout, stderr } = nodeProcess({ PORT: 'http' });
    expect(await exited).toEqual([2, null]);
    expect(stderr).toEqual(['pinwheel-node: PORT: expected a whole number from 0 to 65535, got "http"']);
    expect(stdout).toEqual([]);
  });

  it('reports a port in use in one line, with exit code 1', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    afterwards(() => blocker.close());
    const { port } = blocker.address() as AddressInfo;
    const { exited, stdout, stderr } = nodeProcess({ PORT: String(port), REDIS_URL: '' });
    expect(await exited).toEqual([1, null]);
    expect(stderr).toEqual([
      `pinwheel-node: 127.0.0.1:${port} is already in use: stop what listens there or choose another with PORT`,
    ]);
    expect(stdout).toEqual([]);
  });
});

describe.each([
  { name: 'redis-server', start: redisServer, skip: !hasRedisServer },
  { name: 'js-redis-server', start: embeddedRedis, skip: false },
])('nodes over $name', ({ name, start, skip }) => {
  it('nodes stop counting the members of a node that is killed or hangs', async (context) => {
    if (skip) context.skip(`${name} ${redisInstall}`);
    const redis = await start();
    afterwards(() => redis.kill());
    const nodes = ['Server1', 'Server2', 'Server3'].map((server) =>
      nodeProcess({ PORT: '0', SERVER_NAME: server, REDIS_URL: redis.url }),
    );
    const lines = await Promise.all(nodes.map((one) => one.ready));
    const urls = lines.map((line) => partsOf(line).url);
    for (const url of urls) await until('it is ready', async () => (await fetch(`${url}/readyz`)).status === 200);
    const sockets = await Promise.all(urls.map((url) => client(url, { reconnection: false })));
    const [a, b, c] = sockets as [Client, Client, Client];
    const count = async (): Promise<number> => ((await ask(a, 'join', 'lobby')) as { members: number }).members;
    for (const socket of [a, b, c]) await ask(socket, 'join', 'lobby');
    expect(await count()).toBe(3);

    nodes[1]?.child.kill('SIGKILL');
    nodes[2]?.child.kill('SIGSTOP');
    const began = performance.now();
    const who = (await ask(a, 'who', 'lobby')) as { members: { id: string }[] };
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(who.members.map((member) => member.id)).toEqual([a.id]);
    await until('neither counts', async () => (await count()) === 1, 10_000);
    nodes[2]?.child.kill('SIGCONT');
    await until('the hung one counts again', async () => (await count()) === 2, 10_000);
  });
});
