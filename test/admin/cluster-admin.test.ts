import type { Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Admin } from './admin-client.js';
import { connect } from '@pinwheel/testing/connect';
import { takePort } from '@pinwheel/testing/ports';
import { type Program, endPrograms, isAlive, startProgram } from '@pinwheel/testing/program';

const MAIN = 'apps/cluster/dist/main.js';
const NODES = ['Server1', 'Server2'] as const;

function cluster(args: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
  return startProgram(MAIN, ['--port', '0', '--node-port', '0', ...args], { REDIS_URL: '', ...env });
}

async function adminOf(program: Program): Promise<Admin> {
  const line = await program.line('stderr', /^admin \| listens on /);
  return new Admin(line.split(' ').at(-1) ?? '');
}

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0);
}

describe('the admin listener of a cluster', () => {
  let program: Program;
  let admin: Admin;
  let url = '';
  let clients: Socket[] = [];

  beforeAll(async () => {
    program = cluster(['--policy', 'round_robin', '--admin-port', '0']);
    url = (await program.line('stdout', /^ready /)).split(' ')[1] ?? '';
    admin = await adminOf(program);
  });
  afterEach(() => {
    for (const client of clients) client.disconnect();
    clients = [];
  });
  afterAll(endPrograms);

  async function connectOne(transports: readonly string[]): Promise<{ client: Socket; server: string }> {
    const { client, server } = await connect(url, { transports: [...transports] });
    clients.push(client);
    return { client, server };
  }

  test('reports nodes, peers, sessions by transport and Redis', async () => {
    for (const transport of ['polling', 'polling', 'websocket', 'websocket']) await connectOne([transport]);
    const [first] = clients;
    await first?.emitWithAck('join', 'lobby');
    const plain = new WebSocket(`${url.replace('http', 'ws')}/echo`);
    await new Promise((resolve) => plain.once('open', resolve));
    // Every node has reported since the last client connected.
    const status = await admin.until(({ nodes }) => {
      const held = nodes.map(
        ({ plain: echoes, sessions, rooms }) => echoes + sessions.polling + sessions.websocket + rooms,
      );
      return sum(held) === 6;
    });
    expect(status).toMatchObject({
      version: '0.1.0',
      url,
      redis: { kind: 'embedded', shown: 'embedded', state: 'up' },
      handedOff: 3,
      tunnels: 0,
      upstreams: [{ name: 'nodes', policy: 'round_robin', websocketPolicy: 'round_robin' }],
    });
    expect(status.nodes.map(({ name, state, redis, crashes }) => [name, state, redis, crashes])).toEqual(
      NODES.map((name) => [name, 'up', true, 0]),
    );
    expect(status.nodes.map(({ sessions }) => sessions)).toEqual([
      { polling: 1, websocket: 1 },
      { polling: 1, websocket: 1 },
    ]);
    expect(sum(status.nodes.map(({ rooms }) => rooms))).toBe(1);
    expect(sum(status.nodes.map(({ handedOff }) => handedOff))).toBe(3);
    expect(status.nodes.every(({ pid, rss, uptime }) => pid !== null && rss > 10_000_000 && uptime > 0)).toBe(true);
    expect(status.peers.map(({ upstream, tag, state }) => [upstream, tag, state])).toEqual(
      status.nodes.map(({ tag }) => ['nodes', tag, 'up']),
    );
    expect(sum(status.peers.map(({ handedOff }) => handedOff))).toBe(3);
    plain.close();
    await admin.until(({ handedOff }) => handedOff === 2);
  });

  test('exports the same figures to Prometheus', async () => {
    await connectOne(['websocket']);
    const { nodes, peers } = await admin.until(({ handedOff, nodes: all }) => {
      const sessions = all.map((node) => node.sessions);
      return handedOff === 1 && sum(sessions.map((one) => one.polling * 10 + one.websocket)) === 1;
    });
    const metrics = await admin.metrics();
    for (const { name, sessions } of nodes) {
      expect(metrics.get(`pinwheel_node_state{node="${name}",state="up"}`)).toBe(1);
      expect(metrics.get(`pinwheel_node_sessions{node="${name}",transport="websocket"}`)).toBe(sessions.websocket);
    }
    for (const { name, requests } of peers) {
      expect(metrics.get(`pinwheel_peer_requests_total{upstream="nodes",peer="${name}"}`)).toBe(requests);
    }
    expect(metrics.get('pinwheel_handed_off')).toBe(1);
    expect(metrics.get('pinwheel_redis_up')).toBe(1);
    expect(metrics.get('pinwheel_build_info{version="0.1.0"}')).toBe(1);
    expect(metrics.get('process_cpu_seconds_total')).toBeGreaterThan(0);
  });

  test('kill ends a node, which restarts with its tag', async () => {
    const before = await admin.node('Server2');
    expect(await admin.post('/nodes/Server2/kill')).toEqual({
      status: 200,
      body: {
        name: 'Server2',
        action: 'kill',
        done: `killed process ${before.pid}; the node restarts automatically`,
        pending: false,
      },
    });
    const after = await admin.untilNode('Server2', 'up');
    expect(after).toMatchObject({ tag: before.tag, url: before.url, crashes: before.crashes + 1 });
    expect(after.pid).not.toBe(before.pid);
    await program.line('stderr', new RegExp(`^admin \\| Server2 kill: killed process ${before.pid};`));
  });

  test('a node stopped by hang is reported as hung until it is resumed', async () => {
    expect((await admin.post('/nodes/Server1/hang')).status).toBe(200);
    expect((await admin.node('Server1')).state).toBe('hung');
    expect((await admin.post('/nodes/Server1/resume')).status).toBe(200);
    await admin.untilNode('Server1', 'up');
  });

  test('a node that hangs by itself is reported as hung after 3 s of silence', async () => {
    const { pid } = await admin.node('Server1');
    process.kill(pid ?? 0, 'SIGSTOP');
    const stopped = performance.now();
    await admin.untilNode('Server1', 'hung');
    expect(performance.now() - stopped).toBeGreaterThan(1_900);
    process.kill(pid ?? 0, 'SIGCONT');
    await admin.untilNode('Server1', 'up');
  });

  test('a draining node moves its clients to the other one and stays down until it is restarted', async () => {
    const connected = await Promise.all(
      ['websocket', 'websocket', 'polling', 'polling'].map((one) => connectOne([one])),
    );
    const moved = connected.filter(({ server }) => server === 'Server1');
    expect(moved).toHaveLength(2);
    const greetings = Promise.all(
      moved.map(({ client }) => new Promise<{ server: string }>((resolve) => client.once('server', resolve))),
    );
    const { pid } = await admin.node('Server1');
    expect(await admin.post('/nodes/Server1/drain')).toMatchObject({ status: 202, body: { pending: true } });
    expect((await admin.node('Server1')).state).toBe('draining');
    expect((await greetings).map(({ server }) => server)).toEqual(['Server2', 'Server2']);
    expect(await admin.untilNode('Server1', 'down')).toMatchObject({ pid: null, crashes: 0 });
    expect(isAlive(pid ?? 0)).toBe(false);
    expect(await admin.post('/nodes/Server1/hang')).toMatchObject({
      status: 409,
      body: { error: { code: 'not_running' } },
    });
    expect(await admin.post('/nodes/Server1/restart')).toMatchObject({ status: 202, body: { done: 'starts' } });
    await admin.untilNode('Server1', 'up');
    await program.line('stderr', /^admin \| Server1 has been restarted$/);
    expect(program.stderr).not.toContain('Server1 exited unexpectedly');
  });

  test('restart drains a running node and starts it again', async () => {
    const { client, server } = await connectOne(['websocket']);
    const back = new Promise((resolve) => client.once('server', resolve));
    const { pid } = await admin.node(server);
    expect((await admin.post(`/nodes/${server}/restart`)).status).toBe(202);
    await back;
    await admin.until(({ nodes }) => nodes.every((node) => node.state === 'up' && node.pid !== pid));
  });

  test('cut stops Redis until it is restored, and clients are served meanwhile', async () => {
    expect(await admin.post('/redis/cut')).toMatchObject({ status: 200, body: { name: 'Redis', action: 'cut' } });
    const { redis } = await admin.until(({ nodes }) => nodes.every((node) => node.redis === false));
    expect(redis).toEqual({ kind: 'embedded', shown: 'embedded', state: 'cut', pid: null });
    const { client } = await connectOne(['websocket']);
    expect(await client.emitWithAck('echo', 'still')).toBe('still');
    expect((await admin.post('/redis/restore')).status).toBe(200);
    const restored = await admin.until(({ nodes }) => nodes.every((node) => node.redis === true));
    expect(restored.redis.state).toBe('up');
    expect(program.stderr).not.toContain('Redis exited unexpectedly');
  });

  test('an unknown node gives 404 with the known names', async () => {
    expect(await admin.post('/nodes/Server9/kill')).toEqual({
      status: 404,
      body: { error: { code: 'unknown_node', message: 'expected one of Server1, Server2, got "Server9"' } },
    });
  });

  test('requests without the header or from another origin change nothing', async () => {
    const { pid } = await admin.node('Server1');
    expect(await admin.post('/nodes/Server1/kill', {})).toMatchObject({ status: 403 });
    const foreign = { 'x-pinwheel-admin': '1', origin: url };
    expect(await admin.post('/nodes/Server1/kill', foreign)).toMatchObject({
      status: 403,
      body: { error: { code: 'foreign_origin' } },
    });
    expect((await admin.node('Server1')).pid).toBe(pid);
  });
});

describe('the address of the admin listener', () => {
  afterEach(endPrograms);

  test('--no-admin opens none', async () => {
    const program = cluster(['--nodes', '1', '--no-admin']);
    await program.line('stdout', /^ready /);
    expect(program.stderr).not.toContain('admin |');
  });

  test('a port in use is reported in one line, exit 1', async () => {
    const { port, release } = await takePort();
    const program = cluster(['--admin-port', String(port)]);
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(program.stderr).toBe(
      `pinwheel: 127.0.0.1:${port} is already in use: stop what listens there or choose another with --admin-port\n`,
    );
    await release();
  });

  test('a cluster refuses to cut a Redis that it did not start', async () => {
    const first = cluster(['--nodes', '1', '--admin-port', '0']);
    await first.line('stdout', /^ready /);
    const redis = (await first.line('stderr', /redis=127/)).split('redis=')[1] ?? '';
    const program = cluster(['--nodes', '1', '--admin-port', '0'], { REDIS_URL: `redis://:secret@${redis}` });
    await program.line('stdout', /^ready /);
    const admin = await adminOf(program);
    const { redis: shown } = await admin.until(({ nodes }) => nodes[0]?.redis === true);
    expect(shown).toEqual({ kind: 'external', shown: redis, state: 'up', pid: null });
    const answer = await admin.post('/redis/cut');
    expect(answer).toMatchObject({ status: 409, body: { error: { code: 'not_embedded' } } });
    expect(JSON.stringify([answer, await admin.status()])).not.toContain('secret');
  });
});
