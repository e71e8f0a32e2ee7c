import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { renameSync } from 'node:fs';
import { createServer, get, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectAtOnce, errorsOf, perServer } from '@pinwheel/testing/connect';
import { type Program, allGone, descendants, endPrograms } from '@pinwheel/testing/program';
import { startStockServer } from '@pinwheel/testing/server-process';
import { until } from '@pinwheel/testing/until';
import { Prefix } from './prefix.js';

let prefix: Prefix;

beforeEach(async () => {
  prefix = await Prefix.make();
});

afterEach(async () => {
  await endPrograms();
  await prefix.remove();
});

/** The processes that answered `count` requests, each on a connection of its own. */
async function answering(count: number): Promise<Set<number>> {
  const pids = new Set<number>();
  for (let i = 0; i < count; i++) pids.add(Number(await prefix.text()));
  return pids;
}

function workersOf(program: Program): number[] {
  return descendants(program.pid).toSorted((a, b) => a - b);
}

/** Waits until a line has been logged a number of times. */
async function loggedTimes(pattern: RegExp, times: number): Promise<void> {
  await until(
    `the error log has ${times} matches of ${pattern}`,
    () => (prefix.read('logs/error.log').match(pattern) ?? []).length >= times,
  );
}

describe('two workers', () => {
  test('workers share the listener, and the pid file names their master', async () => {
    await prefix.serve('return 200 $pid;', 'worker_processes 2;');
    const program = await prefix.serving();
    expect(prefix.pid).toBe(program.pid);
    const workers = workersOf(program);
    expect(workers).toHaveLength(2);
    expect([...(await answering(40))].every((pid) => workers.includes(pid))).toBe(true);
    program.child.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    await allGone(workers);
    expect(prefix.pid).toBeUndefined();
  });

  test('a killed worker is logged as an alert and replaced, with the last valid configuration', async () => {
    await prefix.serve('return 200 $pid;', 'worker_processes 2;');
    const program = await prefix.serving();
    const [first = 0, second = 0] = workersOf(program);
    await prefix.configure('foo;');
    process.kill(first, 'SIGKILL');
    await prefix.logged(
      new RegExp(`\\[alert\\] ${program.pid}#${program.pid}: worker process ${first} exited on signal 9$`),
    );
    await loggedTimes(/start worker process/g, 3);
    process.kill(second, 'SIGKILL');
    await loggedTimes(/start worker process/g, 4);
    await until('two workers run', () => workersOf(program).length === 2);
    const third = workersOf(program);
    expect(third).not.toContain(first);
    expect(third).toContain(await answerWhenBack());
  });

  test('a port in use ends the start, exit 1, without a pid file', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(prefix.port, '127.0.0.1', resolve);
    });
    await prefix.serve('return 200 one;', 'worker_processes 2;');
    const { code, stderr } = await prefix.run('-g', 'daemon off;');
    expect([code, prefix.pid]).toEqual([1, undefined]);
    expect(stderr).toBe(`pinwheel: [emerg] bind() to 127.0.0.1:${prefix.port} failed (98: Address already in use)\n`);
    other.close();
  });

  test('workers of a daemon serve after the starter has exited, and exit with the master', async () => {
    await prefix.serve('return 200 $pid;', 'worker_processes 2;');
    expect(await prefix.run()).toEqual({ code: 0, stdout: '', stderr: '' });
    const pid = prefix.pid ?? 0;
    const workers = descendants(pid);
    expect(workers).toHaveLength(2);
    expect(workers).toContain(Number(await prefix.text()));
    expect((await prefix.run('-s', 'stop')).code).toBe(0);
    await allGone([pid, ...workers]);
  });

  test('workers exit when the master is killed, so that the port is free for the next start', async () => {
    await prefix.serve('return 200 $pid;', 'worker_processes 2;');
    const program = await prefix.serving();
    const workers = workersOf(program);
    program.child.kill('SIGKILL');
    await allGone(workers);
    expect((await prefix.serving()).pid).not.toBe(program.pid);
    expect(workersOf(program)).toEqual([]);
  });

  test('all workers reopen their logs', async () => {
    await prefix.configure(
      `worker_processes 2; error_log logs/error.log notice; events { } http { log_format pid $pid;
       access_log logs/a.log pid; server { listen 127.0.0.1:${prefix.port}; location / { return 200 $pid; } } }`,
    );
    const program = await prefix.serving();
    await answering(10);
    renameSync(prefix.file('logs/a.log'), prefix.file('logs/a.log.1'));
    program.child.kill('SIGUSR1');
    await loggedTimes(/reopened logs/g, 2);
    await answering(10);
    await until('ten requests are logged', () => prefix.read('logs/a.log').split('\n').length === 11);
    expect(prefix.read('logs/a.log.1').split('\n')).toHaveLength(11);
  });
});

/** Between the exit of the last worker and the start of the next one connections are refused. */
async function answerWhenBack(): Promise<number> {
  for (;;) {
    const text = await prefix.text().catch(() => undefined);
    if (text !== undefined) return Number(text);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe.each([1, 2])('with worker_processes %i', (count) => {
  test('quick successive reloads all succeed, and a stop ends the program within a second', async () => {
    await prefix.serve('return 200 one;', `worker_processes ${count};`);
    const program = await prefix.serving();
    for (let i = 0; i < 30; i++) program.child.kill('SIGHUP');
    await prefix.serve('return 200 two;', `worker_processes ${count};`);
    program.child.kill('SIGHUP');
    await until('the new file is served', async () => (await prefix.text()) === 'two');
    await until('the reload is logged', () => prefix.read('logs/error.log').trimEnd().endsWith('reconfigured'));
    expect(prefix.read('logs/error.log')).not.toMatch(/\[(?:emerg|alert)\]/);
    const began = performance.now();
    program.child.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  test('a stop during the start ends the program and leaves nothing behind', async () => {
    await prefix.serve('return 200 one;', `worker_processes ${count};`);
    const program = prefix.start('-g', 'daemon off;');
    await until('the new error log exists', () => prefix.exists('logs/error.log'));
    program.child.kill('SIGTERM');
    await program.ended;
    expect(prefix.pid).toBeUndefined();
    expect(descendants(program.pid)).toEqual([]);
  });

  test('a second quit changes nothing, and a stop after it ends the program', async () => {
    const held = createServer((_request, response) => response.write('first'));
    await new Promise<void>((resolve) => {
      held.listen(0, '127.0.0.1', resolve);
    });
    const { port } = held.address() as AddressInfo;
    await prefix.serve(`proxy_pass http://127.0.0.1:${port};`, `worker_processes ${count};`);
    const program = await prefix.serving();
    const response = await fetch(`http://127.0.0.1:${prefix.port}/`);
    const text = response.text().catch((error: unknown) => String(error));
    program.child.kill('SIGQUIT');
    await prefix.logged(/gracefully shutting down$/);
    program.child.kill('SIGQUIT');
    await loggedTimes(new RegExp(`${program.pid}#\\d+: signal 3`, 'g'), 2);
    expect(prefix.pid).toBe(program.pid);
    program.child.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(await text).toBe('TypeError: terminated');
    held.closeAllConnections();
    held.close();
  });
});

describe('a reload', () => {
  let origin: Server;
  let port: number;
  let open: ServerResponse[];

  beforeEach(async () => {
    open = [];
    origin = createServer((_request, response) => {
      response.write('first');
      open.push(response);
    });
    await new Promise<void>((resolve) => {
      origin.listen(0, '127.0.0.1', resolve);
    });
    port = (origin.address() as AddressInfo).port;
  });

  afterEach(() => {
    origin.closeAllConnections();
    origin.close();
  });

  function begin(): Promise<{ text: Promise<string> }> {
    return fetch(`http://127.0.0.1:${prefix.port}/`).then((response) => ({
      text: response.text().catch((error: unknown) => String(error)),
    }));
  }

  test('a reload reaches all workers, starts and ends some, and keeps requests in flight', async () => {
    await prefix.serve(`proxy_pass http://127.0.0.1:${port};`, 'worker_processes 2;');
    const program = await prefix.serving();
    const begun = await Promise.all(Array.from({ length: 6 }, begin));
    await prefix.serve('return 200 $pid;', 'worker_processes 3;');
    program.child.kill('SIGHUP');
    await loggedTimes(/: reconfigured$/gm, 1);
    expect(workersOf(program)).toHaveLength(3);
    expect(workersOf(program)).toEqual(expect.arrayContaining([...(await answering(20))]));
    for (const response of open) response.end(' last');
    for (const { text } of begun) expect(await text).toBe('first last');
    await prefix.serve('return 200 $pid;', 'worker_processes 1;');
    program.child.kill('SIGHUP');
    await loggedTimes(/: reconfigured$/gm, 2);
    await until('one worker is left', () => workersOf(program).length === 1);
    expect([...(await answering(3))]).toEqual(workersOf(program));
  });

  test('a reload that fails is reported once and changes nothing', async () => {
    await prefix.serve('return 200 one;', 'worker_processes 2;');
    const program = await prefix.serving();
    const workers = workersOf(program);
    await prefix.configure(
      `events { } http { access_log off; server { listen 127.0.0.1:${port}; location / { return 200 two; } } }`,
    );
    program.child.kill('SIGHUP');
    await prefix.logged(/\[emerg\] .* bind\(\) to 127\.0\.0\.1:\d+ failed \(98: Address already in use\)$/);
    expect(workersOf(program)).toEqual(workers);
    expect(await prefix.text()).toBe('one');
  });

  test.each([1, 2])('a reload limits requests in flight by worker_shutdown_timeout, with %i workers', async (count) => {
    await prefix.serve(`proxy_pass http://127.0.0.1:${port};`, `worker_processes ${count};`);
    const program = await prefix.serving();
    const before = await begin();
    await prefix.serve(
      `proxy_pass http://127.0.0.1:${port};`,
      `worker_processes ${count}; worker_shutdown_timeout 200ms;`,
    );
    program.child.kill('SIGHUP');
    await loggedTimes(/: reconfigured$/gm, 1);
    const after = await begin();
    expect(await before.text).toBe('TypeError: terminated');
    open[1]?.end(' last');
    expect(await after.text).toBe('first last');
  });
});

test('50 default Socket.IO clients connect through two workers at the first try, on two plain servers', async () => {
  const servers = await Promise.all(['Stock1', 'Stock2'].map(startStockServer));
  const peers = servers.map(({ port }) => `server 127.0.0.1:${port};`).join(' ');
  await prefix.configure(
    `worker_processes 2; events { } http { access_log off; upstream app { ${peers} }
     server { listen 127.0.0.1:${prefix.port}; location / { proxy_pass http://app; proxy_http_version 1.1;
     proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; } } }`,
  );
  const program = await prefix.serving();
  try {
    const all = await connectAtOnce(`http://127.0.0.1:${prefix.port}`, 50);
    expect(errorsOf(all)).toEqual([]);
    expect(Object.keys(perServer(all))).toHaveLength(2);
    expect(workersOf(program)).toHaveLength(2);
  } finally {
    await Promise.all(servers.map((server) => server.kill()));
  }
});

test('with zone, the requests of one worker at a server count for the other', async () => {
  const held: ServerResponse[] = [];
  const origin = createServer((_request, response) => {
    response.write('first');
    held.push(response);
  });
  await new Promise<void>((resolve) => {
    origin.listen(0, '127.0.0.1', resolve);
  });
  const { port } = origin.address() as AddressInfo;
  await prefix.configure(
    `worker_processes 2; error_log logs/error.log notice; events { } http { access_log off;
     upstream app { zone app 64k; server 127.0.0.1:${port} max_conns=1; }
     server { listen 127.0.0.1:${prefix.port}; location / { proxy_pass http://app; } location = /pid { return 200 $pid; } } }`,
  );
  await prefix.serving();
  const url = `http://127.0.0.1:${prefix.port}`;
  const first = await fetch(`${url}/`);
  const text = first.text().catch((error: unknown) => String(error));
  // Workers report within 100 ms.
  await new Promise((resolve) => setTimeout(resolve, 250));
  const statuses = new Set<number>();
  for (let i = 0; i < 20; i++) {
    const response = await fetch(`${url}/`, { headers: { connection: 'close' } });
    statuses.add(response.status);
    await response.text();
  }
  expect([...statuses]).toEqual([502]);
  held[0]?.end(' last');
  expect(await text).toBe('first last');
  origin.closeAllConnections();
  origin.close();
});

describe.skipIf(process.geteuid?.() !== 0)('as root, with "user"', () => {
  test.each([1, 2])('%i workers run as the user, and the master keeps its rights', async (count) => {
    await prefix.serve('return 200 $pid;', `user nobody nogroup; worker_processes ${count};`);
    const program = await prefix.serving();
    const workers = workersOf(program);
    expect(workers).toHaveLength(count);
    for (const pid of workers) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      expect(status).toMatch(/^Uid:\t65534\t65534\t65534\t65534$/m);
      expect(status).toMatch(/^Gid:\t65534\t65534\t65534\t65534$/m);
      expect(status).toMatch(/^Groups:\t65534 $/m);
    }
    expect(await readFile(`/proc/${program.pid}/status`, 'utf8')).toMatch(/^Uid:\t0\t/m);
    expect(workers).toContain(Number(await prefix.text()));
    program.child.kill('SIGQUIT');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(prefix.pid).toBeUndefined();
  });

  test('a reload binds sockets of all kinds that only root may bind', async () => {
    await chmod(prefix.path, 0o755);
    const conf = (listen: string): string =>
      `user nobody nogroup; worker_processes 2; error_log logs/error.log notice; events { } http { access_log off;
       server { listen 127.0.0.1:${prefix.port}; ${listen} location / { return 200 $pid; } } }`;
    await prefix.configure(conf(''));
    const program = await prefix.serving();
    await mkdir(prefix.file('run'), { mode: 0o755 });
    const socketPath = prefix.file('run/s.sock');
    await prefix.configure(conf(`listen unix:${socketPath};`));
    program.child.kill('SIGHUP');
    await prefix.logged(/: reconfigured$/);
    expect((await stat(socketPath)).mode & 0o666).toBe(0o666);
    const text = await new Promise<string>((resolve, reject) => {
      get({ socketPath, agent: false }, (response) => {
        response.setEncoding('utf8').once('data', resolve);
      }).once('error', reject);
    });
    expect(workersOf(program)).toContain(Number(text));
    program.child.kill('SIGTERM');
    await program.ended;
    expect(prefix.exists('run/s.sock')).toBe(false);
  });

  test('a reload opens new logs and reads files that only root may', async () => {
    await chmod(prefix.path, 0o755);
    await mkdir(prefix.file('conf/secret'), { mode: 0o700 });
    await writeFile(prefix.file('conf/secret/a.conf'), 'add_header X-Secret read;\n', { mode: 0o600 });
    const conf = (log: string): string =>
      `user nobody nogroup; error_log logs/error.log notice; events { } http { access_log logs/${log};
       include secret/*.conf; server { listen 127.0.0.1:${prefix.port}; location / { return 200 $pid; } } }`;
    await prefix.configure(conf('a.log'));
    const program = await prefix.serving();
    await answering(1);
    await prefix.logged(/ 200 /, 'logs/a.log');
    await prefix.configure(conf('b.log'));
    program.child.kill('SIGHUP');
    await prefix.logged(/: reconfigured$/);
    const pids = await answering(1);
    expect((await fetch(`http://127.0.0.1:${prefix.port}/`)).headers.get('x-secret')).toBe('read');
    await prefix.logged(/ 200 /, 'logs/b.log');
    renameSync(prefix.file('logs/b.log'), prefix.file('logs/b.log.1'));
    program.child.kill('SIGUSR1');
    await loggedTimes(/reopened logs/g, 1);
    expect(await answering(1)).toEqual(pids);
    await prefix.logged(/ 200 /, 'logs/b.log');
  });
});
