import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PolicyName } from '@pinwheel/proxy';
import { createProxy } from '@pinwheel/proxy';
import { io } from 'socket.io-client';
import { type ServerProcess, startStockServer } from '@pinwheel/testing/server-process';
import { median } from '../aggregate.js';
import { known } from '../load/meter.js';
import { launchInFolder } from '../process/folder.js';
import { findProgram, launch } from '../process/launch.js';
import type { Scenario } from './scenario.js';

const CLIENTS = 50;
const WINDOW = 15_000;
const NAMES = ['Server1', 'Server2'];

interface Balancer {
  readonly name: string;
  readonly url: string;
  stop(): Promise<void>;
}

const FORWARDING = `proxy_http_version 1.1; proxy_set_header Host $host; proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection "upgrade"; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;`;

async function nginx(policy: string, servers: readonly ServerProcess[]): Promise<Balancer> {
  const peers = servers.map(({ port }) => `server 127.0.0.1:${port};`).join(' ');
  const program = await launchInFolder(async (folder, port) => {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${folder}/${name};`)
      .join(' ');
    await writeFile(
      join(folder, 'nginx.conf'),
      `daemon off; pid pid; events { worker_connections 4096; }
      http { access_log off; ${temporary} upstream websocket { ${policy} ${peers} }
      server { listen 127.0.0.1:${port}; location / { proxy_pass http://websocket; ${FORWARDING} } } }`,
    );
    const args = ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log', '-g', 'error_log error.log;'];
    return launch(findProgram('nginx') ?? 'nginx', args, port);
  });
  const name = `nginx, ${policy === '' ? 'round robin' : 'ip_hash'}`;
  return { name, url: `http://127.0.0.1:${program.port}`, stop: () => program.stop() };
}

async function pinwheel(policy: PolicyName, servers: readonly ServerProcess[]): Promise<Balancer> {
  const peers = servers.map(({ port }) => ({ host: '127.0.0.1', port }));
  const proxy = createProxy({ listeners: [{ port: 0 }], upstreams: [{ name: 'websocket', policy, peers }] });
  await proxy.listen();
  const url = `http://127.0.0.1:${proxy.addresses[0]?.port}`;
  return { name: `pinwheel, ${policy.replace('_robin', ' robin')}`, url, stop: () => proxy.close(0) };
}

/** Connects all clients at once with default options, and counts those that are not connected after the window. */
async function connectAll(url: string): Promise<Record<string, number>> {
  const times: number[] = [];
  const counts: Record<string, number> = Object.fromEntries(NAMES.map((name) => [name, 0]));
  let errors = 0;
  const clients = Array.from({ length: CLIENTS }, () => {
    const started = performance.now();
    const client = io(url, { forceNew: true });
    client.on('connect_error', () => errors++);
    const done = new Promise<void>((resolve) => {
      client.once('server', (greeting: { server: string }) => {
        times.push(performance.now() - started);
        counts[greeting.server] = (counts[greeting.server] ?? 0) + 1;
        resolve();
      });
    });
    return { client, done };
  });
  let timer: NodeJS.Timeout | undefined;
  const window = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, WINDOW);
  });
  await Promise.race([Promise.all(clients.map((one) => one.done)), window]);
  clearTimeout(timer);
  for (const { client } of clients) client.disconnect();
  return { connected: times.length, errors, ...known({ p50: median(times), max: Math.max(...times) }), ...counts };
}

/**
 * The classic recipe, two plain Socket.IO servers behind nginx and behind Pinwheel. Each is measured once, so small
 * differences mean nothing.
 */
export const connectRecipe: Scenario = {
  name: 'connect-recipe',
  what: `${CLIENTS} default Socket.IO clients at once over two plain Socket.IO servers, and their state after ${WINDOW / 1_000} s`,
  subject: 'balancer, policy',
  contenders: false,
  columns: [
    { title: 'connected', figure: 'connected', digits: 0 },
    { title: 'connect_error', figure: 'errors', digits: 0 },
    { title: 'p50 ms', figure: 'p50', digits: 0 },
    { title: 'max ms', figure: 'max', digits: 0 },
    ...NAMES.map((name) => ({ title: `on ${name}`, figure: name, digits: 0 })),
  ],
  async run(bench) {
    const servers = await Promise.all(NAMES.map(startStockServer));
    const makers = [() => pinwheel('round_robin', servers), () => pinwheel('ip_hash', servers)];
    if (findProgram('nginx') !== undefined) {
      makers.unshift(
        () => nginx('', servers),
        () => nginx('ip_hash;', servers),
      );
    }
    try {
      for (const make of makers) {
        const balancer = await make();
        bench.progress(`connect-recipe: ${balancer.name}`);
        try {
          bench.add({
            scenario: 'connect-recipe',
            variant: `${CLIENTS} clients at once`,
            parameters: { clients: CLIENTS },
            contender: balancer.name,
            round: 1,
            figures: await connectAll(balancer.url),
          });
        } finally {
          await balancer.stop();
        }
      }
    } finally {
      await Promise.all(servers.map((server) => server.kill()));
    }
  },
};
