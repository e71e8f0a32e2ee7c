import { readdirSync, renameSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import { allGone, endPrograms, isAlive } from '@pinwheel/testing/program';
import { until } from '@pinwheel/testing/until';
import { Prefix } from './prefix.js';

let prefix: Prefix;
let other: Prefix | undefined;
let origin: Server;
let originPort: number;
/** Responses that the origin has started and not finished. */
let open: ServerResponse[];

beforeEach(async () => {
  prefix = await Prefix.make();
  await prefix.serve('return 200 one;');
  open = [];
  origin = createServer((_request, response) => {
    response.write('first');
    open.push(response);
  });
  await new Promise<void>((resolve) => {
    origin.listen(0, '127.0.0.1', resolve);
  });
  originPort = (origin.address() as AddressInfo).port;
});

afterEach(async () => {
  await endPrograms();
  await prefix.remove();
  await other?.remove();
  other = undefined;
  origin.closeAllConnections();
  origin.close();
});

/** A request whose response has started; `text` resolves with all of it, or with the error that ended it. */
async function begin(): Promise<{ text: Promise<string> }> {
  const response = await fetch(`http://127.0.0.1:${prefix.port}/`);
  return { text: response.text().catch((error: unknown) => String(error)) };
}

/** Waits until new connections are refused. */
async function refuses(): Promise<void> {
  const isRefused = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(prefix.port, '127.0.0.1', () => {
        socket.destroy();
        resolve(false);
      }).once('error', () => resolve(true));
    });
  while (!(await isRefused())) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('daemon off: the pid file has the pid of the started process, and is written after the listener is bound', async () => {
  const program = await prefix.serving();
  expect(prefix.read('logs/pinwheel.pid')).toBe(`${program.pid}\n`);
  expect(await prefix.text()).toBe('one');
  // It is written to another file that is renamed, of which nothing is left.
  expect(readdirSync(prefix.file('logs')).toSorted()).toEqual(['error.log', 'pinwheel.pid']);
  expect(await prefix.run('-s', 'stop')).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(prefix.pid).toBeUndefined();
  expect(program.stderr).toBe('');
});

test('daemon on: the starter exits with 0 when the daemon serves, and the pid file has the daemon’s pid', async () => {
  const started = await prefix.run();
  expect(started).toEqual({ code: 0, stdout: '', stderr: '' });
  // There is nothing to wait for: everything is ready when the starter has exited.
  const { pid } = prefix;
  expect(pid !== undefined && isAlive(pid)).toBe(true);
  expect(await prefix.text()).toBe('one');
  expect((await prefix.run('-s', 'quit')).code).toBe(0);
  await allGone([pid ?? 0]);
  expect(prefix.pid).toBeUndefined();
});

test.each(['on', 'off'])('a port in use is reported at once, exit 1, with daemon %s', async (daemon) => {
  other = await Prefix.make();
  await other.configure(prefix.read('conf/nginx.conf'));
  const first = await prefix.serving();
  const { code, stderr } = await other.run('-g', `daemon ${daemon};`);
  const message = `bind() to 127.0.0.1:${prefix.port} failed (98: Address already in use)`;
  expect(code).toBe(1);
  expect(stderr).toBe(`pinwheel: [emerg] ${message}\n`);
  expect(other.read('logs/error.log')).toContain(`: ${message}\n`);
  expect(other.pid).toBeUndefined();
  expect(isAlive(first.pid)).toBe(true);
});

test('a second start with the same files leaves the pid file to the first one', async () => {
  const first = await prefix.serving();
  expect((await prefix.run('-g', 'daemon off;')).code).toBe(1);
  expect(prefix.pid).toBe(first.pid);
  expect(await prefix.text()).toBe('one');
});

test('at exit it leaves a pid file that another process has taken over', async () => {
  const program = await prefix.serving();
  await writeFile(prefix.file('logs/pinwheel.pid'), '1\n');
  program.child.kill('SIGTERM');
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(prefix.pid).toBe(1);
});

test('a pid file that cannot be written ends the start', async () => {
  await prefix.serve('return 200 one;', 'pid nowhere/x.pid;');
  for (const args of [[], ['-g', 'daemon off;'], ['-t', '-q']]) {
    const { code, stderr } = await prefix.run(...args);
    expect(code).toBe(1);
    expect(stderr).toContain(`pinwheel: [emerg] open() "${prefix.file('nowhere/x.pid')}`);
    expect(stderr).toContain('failed (2: No such file or directory)\n');
  }
});

test('-s reload applies the file; a faulty one is logged and the old configuration stays', async () => {
  const program = await prefix.serving();
  await prefix.serve('return 200 two;');
  expect((await prefix.run('-s', 'reload')).code).toBe(0);
  await prefix.logged(/ \[notice\] .*: reconfigured$/);
  expect(await prefix.text()).toBe('two');
  await prefix.configure('events { }\nfoo;\n');
  program.child.kill('SIGHUP');
  const line = await prefix.logged(/\[emerg\]/);
  expect(line).toMatch(new RegExp(`\\[emerg\\] ${program.pid}#${program.pid}: unknown directive "foo" in .*:2$`));
  expect(await prefix.text()).toBe('two');
});

test('a reload that cannot bind a listener or open a file changes nothing', async () => {
  const program = await prefix.serving();
  const text = prefix.read('conf/nginx.conf').replace('one', 'two');
  await prefix.configure(text.replace('location', `listen 127.0.0.1:${originPort}; location`));
  program.child.kill('SIGHUP');
  await prefix.logged(
    new RegExp(`\\[emerg\\] .*bind\\(\\) to 127.0.0.1:${originPort} failed \\(98: Address already in use`),
  );
  expect(await prefix.text()).toBe('one');
  await prefix.configure(text.replace('logs/error.log', 'nowhere/error.log'));
  program.child.kill('SIGHUP');
  await prefix.logged(/\[emerg\] .*open\(\) ".*nowhere\/error.log" failed \(2: No such file/);
  expect(await prefix.text()).toBe('one');
});

test('a reload moves the pid file and the error log', async () => {
  const program = await prefix.serving();
  const pid = `pid ${prefix.file('logs/moved.pid')};`;
  await prefix.configure(`${pid} ${prefix.read('conf/nginx.conf').replace('logs/error.log', 'logs/new.log')}`);
  program.child.kill('SIGHUP');
  await prefix.logged(/reconfigured$/, 'logs/new.log');
  expect(prefix.read('logs/moved.pid')).toBe(`${program.pid}\n`);
  expect(prefix.pid).toBeUndefined();
  program.child.kill('SIGTERM');
  await program.ended;
  expect(readdirSync(prefix.file('logs')).toSorted()).toEqual(['error.log', 'new.log']);
});

test('-s reopen writes to the new file at the path', async () => {
  const program = await prefix.serving();
  await prefix.logged(/serves/);
  renameSync(prefix.file('logs/error.log'), prefix.file('logs/error.log.1'));
  expect((await prefix.run('-s', 'reopen')).code).toBe(0);
  await prefix.logged(/SIGUSR1\) received, reopening logs$/, 'logs/error.log.1');
  program.child.kill('SIGHUP');
  await prefix.logged(/reconfigured$/);
  expect(prefix.read('logs/error.log.1')).not.toContain('reconfigured');
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends the program at once, exit 0', async (signal) => {
  await prefix.serve(`proxy_pass http://127.0.0.1:${originPort};`);
  const program = await prefix.serving();
  const { text } = await begin();
  program.child.kill(signal);
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(await text).toBe('TypeError: terminated');
  expect(prefix.pid).toBeUndefined();
});

test('SIGQUIT accepts no more connections and finishes responses', async () => {
  await prefix.serve(`proxy_pass http://127.0.0.1:${originPort};`);
  const program = await prefix.serving();
  const { text } = await begin();
  expect((await prefix.run('-s', 'quit')).code).toBe(0);
  await refuses();
  expect(program.child.exitCode).toBeNull();
  // The balancer also queries its peers for their tags.
  for (const response of open) response.end(' last');
  expect(await text).toBe('first last');
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(prefix.pid).toBeUndefined();
});

test('worker_shutdown_timeout limits SIGQUIT', async () => {
  await prefix.serve(`proxy_pass http://127.0.0.1:${originPort};`, 'worker_shutdown_timeout 200ms;');
  const program = await prefix.serving();
  const { text } = await begin();
  program.child.kill('SIGQUIT');
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(await text).toBe('TypeError: terminated');
});

test('SIGTERM overrides a SIGQUIT in progress', async () => {
  await prefix.serve(`proxy_pass http://127.0.0.1:${originPort};`);
  const program = await prefix.serving();
  const { text } = await begin();
  program.child.kill('SIGQUIT');
  await prefix.logged(/gracefully shutting down$/);
  program.child.kill('SIGTERM');
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(await text).toBe('TypeError: terminated');
});

test('-s reports why it cannot signal, exit 1', async () => {
  const path = prefix.file('logs/pinwheel.pid');
  expect(await prefix.run('-s', 'stop')).toEqual({
    code: 1,
    stdout: '',
    stderr: `pinwheel: [error] open() "${path}" failed (2: No such file or directory)\n`,
  });
  for (const text of ['', 'abc', '0', '-1']) {
    await writeFile(path, `${text}\n`);
    expect((await prefix.run('-s', 'stop')).stderr).toBe(
      `pinwheel: [error] invalid PID number "${text}" in "${path}"\n`,
    );
  }
  // More than any process id.
  await writeFile(path, '99999999\n');
  const { code, stderr } = await prefix.run('-s', 'reload');
  expect([code, stderr]).toEqual([1, 'pinwheel: [alert] kill(99999999, 1) failed (3: No such process)\n']);
});

test('every error_log has its own level, also stderr', async () => {
  await prefix.configure(
    `error_log logs/bad.log; error_log logs/all.log info; error_log stderr notice; events { }
     http { access_log off; server { listen 127.0.0.1:${prefix.port}; location / { return 200 one; } } }`,
  );
  const program = await prefix.serving();
  const one = await program.line('stderr', / serves /);
  expect(one).toMatch(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[notice\] (\d+)#\1: pinwheel\/.* serves /);
  expect(prefix.read('logs/all.log')).toContain(one);
  expect(prefix.read('logs/bad.log')).toBe('');
  await prefix.configure('foo;');
  program.child.kill('SIGHUP');
  const emerg = await prefix.logged(/\[emerg\]/, 'logs/bad.log');
  expect(prefix.read('logs/all.log')).toContain(emerg);
});

test('a configuration without a listener runs until a signal ends it', async () => {
  await prefix.configure('events { }');
  const program = await prefix.serving();
  program.child.kill('SIGHUP');
  program.child.kill('SIGUSR2');
  await until('the program has started', () => isAlive(program.pid));
  await prefix.serve('return 200 one;');
  program.child.kill('SIGHUP');
  await prefix.logged(/reconfigured$/);
  expect(await prefix.text()).toBe('one');
});

test('error_log of a server or location gets the messages about it', async () => {
  const port = await freePort();
  const pass = `proxy_pass http://127.0.0.1:${port};`;
  await prefix.configure(
    `error_log logs/error.log notice; events { } http { access_log off; server { listen 127.0.0.1:${prefix.port};
     error_log logs/server.log; location / { ${pass} } location /quiet { error_log logs/quiet.log crit; ${pass} }
     location /two { error_log logs/one.log; error_log logs/two.log; ${pass} } } }`,
  );
  await prefix.serving();
  for (const path of ['quiet', 'two', '']) await (await fetch(`http://127.0.0.1:${prefix.port}/${path}`)).text();
  await prefix.logged(/\[error\]/, 'logs/server.log');
  const times = ['error', 'server', 'quiet', 'one', 'two'].map(
    (name) => prefix.read(`logs/${name}.log`).match(/\[error\]/g)?.length ?? 0,
  );
  expect(times).toEqual([0, 1, 0, 1, 1]);
});
