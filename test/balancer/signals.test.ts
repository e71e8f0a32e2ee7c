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
/** Responses that the origin has begun and not ended. */
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

/** A request whose response has begun; `text` is all of it, or the error that ended it. */
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

test('daemon off: the pid is that of the started process, and the listener is bound when the file is there', async () => {
  const program = await prefix.serving();
  expect(prefix.read('logs/pinwheel.pid')).toBe(`${program.pid}\n`);
  expect(await prefix.text()).toBe('one');
  // Written beside it and renamed: nothing is left of that.
  expect(readdirSync(prefix.file('logs')).toSorted()).toEqual(['error.log', 'pinwheel.pid']);
  expect(await prefix.run('-s', 'stop')).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(prefix.pid).toBeUndefined();
  expect(program.stderr).toBe('');
});

test('daemon on: the starter exits 0 when it serves, and another process has the pid', async () => {
  const started = await prefix.run();
  expect(started).toEqual({ code: 0, stdout: '', stderr: '' });
  // No waiting: all is there when the starter has gone.
  const { pid } = prefix;
  expect(pid !== undefined && isAlive(pid)).toBe(true);
  expect(await prefix.text()).toBe('one');
  expect((await prefix.run('-s', 'quit')).code).toBe(0);
  await allGone([pid ?? 0]);
  expect(prefix.pid).toBeUndefined();
});

test.each(['on', 'off'])('a port in use is told at once, exit 1, with daemon %s', async (daemon) => {
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

test('a second start over the same files leaves the first one its pid file', async () => {
  const first = await prefix.serving();
  expect((await prefix.run('-g', 'daemon off;')).code).toBe(1);
  expect(prefix.pid).toBe(first.pid);
  expect(await prefix.text()).toBe('one');
});

test('at its end it leaves a pid file that has become that of another process', async () => {
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

test('-s reload takes the file as it is now; a bad one is logged and the old one goes on', async () => {
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

test('a reload that cannot bind or open what is new changes nothing', async () => {
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

test('-s reopen turns to the new file at the path', async () => {
  const program = await prefix.serving();
  await prefix.logged(/serves/);
  renameSync(prefix.file('logs/error.log'), prefix.file('logs/error.log.1'));
  expect((await prefix.run('-s', 'reopen')).code).toBe(0);
  await prefix.logged(/SIGUSR1\) received, reopening logs$/, 'logs/error.log.1');
  program.child.kill('SIGHUP');
  await prefix.logged(/reconfigured$/);
  expect(prefix.read('logs/error.log.1')).not.toContain('reconfigured');
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends at once, exit 0', async (signal) => {
  await prefix.serve(`proxy_pass http://127.0.0.1:${originPort};`);
  const program = await prefix.serving();
  const { text } = await begin();
  program.child.kill(signal);
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(await text).toBe('TypeError: terminated');
  expect(prefix.pid).toBeUndefined();
});

test('SIGQUIT accepts no more and lets a response end', async () => {
  await prefix.serve(`proxy_pass http://127.0.0.1:${originPort};`);
  const program = await prefix.serving();
  const { text } = await begin();
  expect((await prefix.run('-s', 'quit')).code).toBe(0);
  await refuses();
  expect(program.child.exitCode).toBeNull();
  // The balancer asks its peers for their tags, too.
  for (const response of open) response.end(' last');
  expect(await text).toBe('first last');
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(prefix.pid).toBeUndefined();
});

test('worker_shutdown_timeout bounds SIGQUIT', async () => {
  await prefix.serve(`proxy_pass http://127.0.0.1:${originPort};`, 'worker_shutdown_timeout 200ms;');
  const program = await prefix.serving();
  const { text } = await begin();
  program.child.kill('SIGQUIT');
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(await text).toBe('TypeError: terminated');
});

test('SIGTERM goes before a SIGQUIT that waits', async () => {
  await prefix.serve(`proxy_pass http://127.0.0.1:${originPort};`);
  const program = await prefix.serving();
  const { text } = await begin();
  program.child.kill('SIGQUIT');
  await prefix.logged(/gracefully shutting down$/);
  program.child.kill('SIGTERM');
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(await text).toBe('TypeError: terminated');
});

test('-s says why it cannot signal, exit 1', async () => {
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
  // More than any process may have.
  await writeFile(path, '99999999\n');
  const { code, stderr } = await prefix.run('-s', 'reload');
  expect([code, stderr]).toEqual([1, 'pinwheel: [alert] kill(99999999, 1) failed (3: No such process)\n']);
});

test('every error_log has its own level; stderr is one too', async () => {
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

test('a configuration without a listener runs until it is told to end', async () => {
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

test('error_log of a server and of a location take what belongs to them', async () => {
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
