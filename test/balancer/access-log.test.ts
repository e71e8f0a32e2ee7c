import { existsSync, readdirSync, renameSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endPrograms } from '@pinwheel/testing/program';
import { Prefix } from './prefix.js';

let prefix: Prefix;

beforeEach(async () => {
  prefix = await Prefix.make();
});

afterEach(async () => {
  await endPrograms();
  await prefix.remove();
});

function logTo(...targets: string[]): Promise<void> {
  const logs = targets.map((target) => `access_log ${target} short;`).join(' ');
  return prefix.configure(
    `error_log logs/error.log notice; events { }
     http {
       log_format short '$status $request_method $uri';
       server { listen 127.0.0.1:${prefix.port}; ${logs} location / { return 200 one; } }
     }`,
  );
}

test('access logs are written, and reopened after a rotation', async () => {
  await logTo('logs/a.log', 'logs/b.log');
  const program = await prefix.serving();
  await prefix.text();
  await prefix.logged(/^200 GET \/$/, 'logs/a.log');
  await prefix.logged(/^200 GET \/$/, 'logs/b.log');
  renameSync(prefix.file('logs/a.log'), prefix.file('logs/a.log.1'));
  program.child.kill('SIGUSR1');
  await prefix.logged(/reopening logs$/);
  await prefix.text();
  await prefix.logged(/^200 GET \/$/, 'logs/a.log');
  expect(prefix.read('logs/a.log.1')).toBe('200 GET /\n');
});

test('a path with variables is opened for each line', async () => {
  await logTo('logs/$arg_a.log');
  await prefix.serving();
  expect(readdirSync(prefix.file('logs')).toSorted()).toEqual(['error.log', 'pinwheel.pid']);
  for (const a of ['x', 'y', 'x']) await (await fetch(`http://127.0.0.1:${prefix.port}/?a=${a}`)).text();
  await prefix.logged(/^200/, 'logs/y.log');
  await prefix.logged(/^200 GET \/$/, 'logs/x.log');
  // A line for a missing folder is lost, but the request is served.
  expect((await fetch(`http://127.0.0.1:${prefix.port}/?a=no/x`)).status).toBe(200);
});

test('after a reload lines go to the new log, and the old one is closed', async () => {
  await logTo('logs/a.log');
  const program = await prefix.serving();
  await logTo('logs/b.log');
  program.child.kill('SIGHUP');
  await prefix.logged(/reconfigured$/);
  await prefix.text();
  await prefix.logged(/^200/, 'logs/b.log');
  expect(prefix.read('logs/a.log')).toBe('');
  renameSync(prefix.file('logs/a.log'), prefix.file('logs/a.log.1'));
  program.child.kill('SIGUSR1');
  await prefix.logged(/reopening logs$/);
  program.child.kill('SIGTERM');
  await program.ended;
  expect(existsSync(prefix.file('logs/a.log'))).toBe(false);
});

test.each(['-t', '-q'])('an access log that cannot be opened is reported with %s, exit 1', async (option) => {
  await logTo('nowhere/a.log');
  const { code, stderr } = await prefix.run(option);
  expect(code).toBe(1);
  expect(stderr).toContain(
    `pinwheel: [emerg] open() "${prefix.file('nowhere/a.log')}" failed (2: No such file or directory)\n`,
  );
});

test('a missing certificate is reported', async () => {
  await prefix.configure(
    `events { } http { access_log off; server { listen 127.0.0.1:${prefix.port} ssl; ssl_certificate a.pem;
     ssl_certificate_key a.key; location / { return 200 one; } } }`,
  );
  const { code, stderr } = await prefix.run('-g', 'daemon off;');
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^pinwheel: \[emerg\] cannot load certificate "[^"]*\/conf\/a\.pem": BIO_new_file\(\) failed \(SSL: .*No such file or directory/,
  );
});

test('buffered lines are written when the buffer is full, at a rotation, at a reload and at the end', async () => {
  await logTo('logs/a.log');
  const gathered = (): Promise<void> =>
    prefix.configure(
      `error_log logs/error.log notice; events { } http { log_format short '$status $request_method $uri';
       access_log logs/a.log short buffer=30; server { listen 127.0.0.1:${prefix.port}; location / { return 200 one; } } }`,
    );
  await gathered();
  const program = await prefix.serving();
  for (let i = 0; i < 3; i++) await prefix.text();
  expect(prefix.read('logs/a.log')).toBe('');
  await prefix.text();
  await prefix.logged(/^200/, 'logs/a.log');
  expect(prefix.read('logs/a.log')).toBe('200 GET /\n'.repeat(3));
  renameSync(prefix.file('logs/a.log'), prefix.file('logs/a.log.1'));
  program.child.kill('SIGUSR1');
  await prefix.logged(/reopened logs$/);
  expect([prefix.read('logs/a.log.1'), prefix.read('logs/a.log')]).toEqual(['200 GET /\n'.repeat(4), '']);
  await prefix.text();
  program.child.kill('SIGTERM');
  await program.ended;
  expect(prefix.read('logs/a.log')).toBe('200 GET /\n');
});

test('buffered lines are written after flush=', async () => {
  await prefix.configure(
    `events { } http { access_log logs/a.log combined buffer=32k flush=100ms;
     server { listen 127.0.0.1:${prefix.port}; location / { return 200 one; } } }`,
  );
  await prefix.serving();
  await prefix.text();
  expect(prefix.read('logs/a.log')).toBe('');
  await prefix.logged(/ 200 /, 'logs/a.log');
});

test('one file with two buffer settings is refused', async () => {
  await prefix.configure(
    `events { } http { access_log logs/a.log combined buffer=1k; server { listen 127.0.0.1:${prefix.port};
     location / { return 200 one; } location /a { access_log logs/a.log; return 200 two; } } }`,
  );
  const { code, stderr } = await prefix.run('-t');
  expect(code).toBe(1);
  expect(stderr).toContain(`access_log "${prefix.file('logs/a.log')}" already defined with conflicting parameters`);
});
