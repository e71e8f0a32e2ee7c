import { io } from 'socket.io-client';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort, takePort } from '@pinwheel/testing/ports';
import {
  type Program,
  allGone,
  descendants,
  endPrograms,
  isAlive,
  root,
  startProgram,
} from '@pinwheel/testing/program';
import { startServer } from '@pinwheel/testing/server-process';

const MAIN = 'apps/cluster/dist/main.js';
const READY = /^ready /;

afterEach(endPrograms);

/** A cluster on free ports. */
function cluster(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Program {
  return startProgram(MAIN, ['--port', '0', '--node-port', '0', ...args], { REDIS_URL: '', ...env });
}

async function urlOf(program: Program): Promise<string> {
  const line = await program.line('stdout', READY);
  return line.split(' ')[1] ?? '';
}

/** Connects a client and returns its node's greeting. */
async function greeting(url: string): Promise<{ server: string; port: number }> {
  const client = io(url, { forceNew: true, reconnection: false });
  try {
    return await new Promise((resolve, reject) => {
      client.once('server', resolve);
      client.once('connect_error', reject);
    });
  } finally {
    client.disconnect();
  }
}

test('the ready line is all of stdout, and every node serves clients after it', async () => {
  const program = cluster(['--nodes', '3', '--policy', 'round_robin']);
  const url = await urlOf(program);
  const servers = new Set<string>();
  for (let i = 0; i < 3; i++) servers.add((await greeting(url)).server);
  expect([...servers].toSorted()).toEqual(['Server1', 'Server2', 'Server3']);
  expect(program.stdout).toMatch(/^ready http:\/\/127\.0\.0\.1:\d+ nodes=3 redis=embedded\n$/);
});

test('without --policy all clients of one address are on one server', async () => {
  const url = await urlOf(cluster());
  const servers = new Set<string>();
  for (let i = 0; i < 4; i++) servers.add((await greeting(url)).server);
  expect(servers.size).toBe(1);
});

test('with REDIS_URL the ready line shows its host and port only', async () => {
  const redis = await startServer(`${root}/apps/cluster/dist/redis/redis-process.js`, 'Redis', { PORT: '0' });
  try {
    const program = cluster([], { REDIS_URL: `redis://127.0.0.1:${redis.port}/3` });
    await urlOf(program);
    expect(program.stdout).toMatch(
      new RegExp(`^ready http://127\\.0\\.0\\.1:\\d+ nodes=2 redis=127\\.0\\.0\\.1:${redis.port}\n$`),
    );
    expect(descendants(program.pid)).toHaveLength(2);
    program.child.kill('SIGTERM');
    await program.ended;
  } finally {
    await redis.kill();
  }
});

test('--host changes the address of balancer and nodes', async () => {
  const program = cluster(['--host', '127.0.0.3']);
  const url = await urlOf(program);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.3:/);
  const { port } = await greeting(url);
  expect((await fetch(`http://127.0.0.3:${port}/healthz`)).status).toBe(200);
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow('fetch failed');
});

describe('the end of a cluster', () => {
  test.each([
    ['Ctrl-C', 'SIGINT', true],
    ['SIGTERM', 'SIGTERM', false],
  ] as const)(
    'after %s with a client connected the cluster exits with 0 within 5 s and leaves no process',
    async (_name, signal, group) => {
      const program = cluster();
      const url = await urlOf(program);
      const client = io(url, { forceNew: true });
      await new Promise((resolve) => client.once('server', resolve));
      const children = descendants(program.pid);
      expect(children).toHaveLength(3);
      const started = performance.now();
      if (group) program.signalGroup(signal);
      else program.child.kill(signal);
      expect(await program.ended).toEqual({ code: 0, signal: null });
      client.disconnect();
      expect(performance.now() - started).toBeLessThan(5_000);
      expect(children.filter(isAlive)).toEqual([]);
      // The signal reached this process only, which ended the others in order: Redis after the nodes.
      expect(program.stderr).not.toMatch(/exited unexpectedly|connection lost/);
    },
  );

  test('Ctrl-C during the start leaves no process', async () => {
    const program = cluster();
    while (descendants(program.pid).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const children = descendants(program.pid);
    program.signalGroup('SIGINT');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.stdout).toBe('');
    await allGone(children);
  });

  test('after SIGKILL nodes and Redis exit, too', async () => {
    const program = cluster();
    await urlOf(program);
    const children = descendants(program.pid);
    program.child.kill('SIGKILL');
    await expect(allGone(children)).resolves.toBeUndefined();
  });

  test('SIGINT with a stopped node leaves no process', async () => {
    const program = cluster();
    await urlOf(program);
    const children = descendants(program.pid);
    const last = children.at(-1) ?? 0;
    process.kill(last, 'SIGSTOP');
    const started = performance.now();
    program.child.kill('SIGINT');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(children.filter(isAlive)).toEqual([]);
  });
});

describe('a failed start prints one line, exits with 1 and leaves no process', () => {
  test('a start fails when the port of the balancer is in use', async () => {
    const { port, release } = await takePort();
    const program = startProgram(MAIN, ['--port', String(port), '--node-port', '0'], { REDIS_URL: '' });
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(program.stdout).toBe('');
    expect(program.stderr).toBe(
      `pinwheel: 127.0.0.1:${port} is already in use: stop what listens there or choose another with --port\n`,
    );
    await release();
  });

  test('a start fails when the port of a node is in use', async () => {
    const { port, release } = await takePort();
    const program = startProgram(MAIN, ['--port', '0', '--node-port', String(port)], { REDIS_URL: '' });
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(program.stderr).toBe(
      `pinwheel: 127.0.0.1:${port} is already in use: stop what listens there or choose another with --node-port\n`,
    );
    await release();
  });

  test('a start fails without a Redis at REDIS_URL, whose password is not printed', async () => {
    const port = await freePort();
    const program = cluster([], { REDIS_URL: `redis://user:secret@127.0.0.1:${port}` });
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(program.stderr).toMatch(
      new RegExp(`^pinwheel: Redis at 127\\.0\\.0\\.1:${port} \\(REDIS_URL\\) does not answer: .*ECONNREFUSED.*\\n$`),
    );
    expect(program.stderr).not.toContain('secret');
  });
});

test('a mistake on the command line is reported in one line, with exit code 2', async () => {
  const program = cluster(['--nodes', '0']);
  expect(await program.ended).toEqual({ code: 2, signal: null });
  expect(program.stderr).toBe('pinwheel: --nodes: expected a whole number from 1 to 64, got "0"\n');
});

test('--help shows every flag', async () => {
  const program = cluster(['--help']);
  expect(await program.ended).toEqual({ code: 0, signal: null });
  for (const flag of [
    '--nodes',
    '--port',
    '--node-port',
    '--host',
    '--policy',
    '--admin-port',
    '--no-admin',
    'REDIS_URL',
  ]) {
    expect(program.stdout).toContain(flag);
  }
});
