/**
 * `npm run bench:connect`: default Socket.IO clients through the classic recipe, with nginx and with Pinwheel in front of
 * the same two plain Socket.IO servers. Prints a table; measures nothing of the servers themselves.
 */
import type { PolicyName } from '@pinwheel/proxy';
import { createProxy } from '@pinwheel/proxy';
import { io } from 'socket.io-client';
import { median } from '../fixture/connect.js';
import { nginxPath, startNginx } from '../fixture/nginx.js';
import { startStockServer } from '../fixture/process.js';
import type { ServerProcess } from '../fixture/process.js';

const CLIENTS = 50;
const WINDOW = 15_000;

interface Balancer {
  readonly name: string;
  readonly url: string;
  stop(): Promise<void>;
}

interface Row {
  readonly name: string;
  readonly connected: number;
  readonly errors: number;
  readonly p50: number;
  readonly max: number;
  readonly perServer: string;
}

const FORWARDING = `proxy_http_version 1.1; proxy_set_header Host $host; proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection "upgrade"; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;`;

async function nginx(policy: string, servers: readonly ServerProcess[]): Promise<Balancer> {
  const peers = servers.map(({ port }) => `server 127.0.0.1:${port};`).join(' ');
  const running = await startNginx(
    `upstream websocket { ${policy} ${peers} }`,
    `location / { proxy_pass http://websocket; ${FORWARDING} }`,
  );
  return { name: `nginx, ${policy === '' ? 'round robin' : 'ip_hash'}`, url: running.url, stop: () => running.stop() };
}

async function pinwheel(policy: PolicyName, servers: readonly ServerProcess[]): Promise<Balancer> {
  const peers = servers.map(({ port }) => ({ host: '127.0.0.1', port }));
  const proxy = createProxy({ listeners: [{ port: 0 }], upstreams: [{ name: 'websocket', policy, peers }] });
  await proxy.listen();
  const url = `http://127.0.0.1:${proxy.addresses[0]?.port}`;
  return { name: `Pinwheel, ${policy.replace('_robin', ' robin')}`, url, stop: () => proxy.close(0) };
}

/** All clients at once, default options; those not connected after the window are counted as that. */
async function tryBalancer({ name, url }: Balancer): Promise<Row> {
  const times: number[] = [];
  const counts: Record<string, number> = {};
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
  const window = new Promise<void>((resolve) => {
    setTimeout(resolve, WINDOW).unref();
  });
  await Promise.race([Promise.all(clients.map((one) => one.done)), window]);
  for (const { client } of clients) client.disconnect();
  const perServer = Object.entries(counts)
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([server, count]) => `${server} ${count}`)
    .join(', ');
  return { name, connected: times.length, errors, p50: median(times), max: Math.max(...times), perServer };
}

function milliseconds(value: number): string {
  return Number.isFinite(value) ? `${value.toFixed(0)} ms` : '-';
}

const rows: Row[] = [];
const servers = await Promise.all(['Server1', 'Server2'].map(startStockServer));
const makers = [() => pinwheel('round_robin', servers), () => pinwheel('ip_hash', servers)];
if (nginxPath === undefined) process.stderr.write('nginx is not installed: apt-get install nginx\n');
else
  makers.unshift(
    () => nginx('', servers),
    () => nginx('ip_hash;', servers),
  );
for (const make of makers) {
  const balancer = await make();
  process.stderr.write(`${balancer.name} ...\n`);
  rows.push(await tryBalancer(balancer));
  await balancer.stop();
}
await Promise.all(servers.map((server) => server.kill()));
process.stdout.write(
  `| ${CLIENTS} default clients at once | connected in ${WINDOW / 1_000} s | connect_error | p50 | max | where |\n`,
);
process.stdout.write('|---|---|---|---|---|---|\n');
for (const row of rows) {
  const { name, connected, errors, p50, max, perServer } = row;
  process.stdout.write(
    `| ${name} | ${connected} | ${errors} | ${milliseconds(p50)} | ${milliseconds(max)} | ${perServer || '-'} |\n`,
  );
}
