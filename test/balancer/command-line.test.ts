import { mkdir, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endPrograms } from '@pinwheel/testing/program';
import { Prefix } from './prefix.js';

let prefix: Prefix;

beforeEach(async () => {
  prefix = await Prefix.make();
  await prefix.serve('return 200 one;');
});

afterEach(async () => {
  await endPrograms();
  await prefix.remove();
});

test('-t reports a good file and exits with 0', async () => {
  const conf = prefix.file('conf/nginx.conf');
  expect(await prefix.run('-t')).toEqual({
    code: 0,
    stdout: '',
    stderr:
      `pinwheel: the configuration file ${conf} syntax is ok\n` +
      `pinwheel: configuration file ${conf} test is successful\n`,
  });
  expect(prefix.pid).toBeUndefined();
});

test('-t reports the line of a mistake on stderr and in the error log, and exits with 1', async () => {
  await prefix.configure('events { }\nfoo bar;\n');
  const conf = prefix.file('conf/nginx.conf');
  const { code, stderr } = await prefix.run('-t');
  expect(code).toBe(1);
  expect(stderr).toBe(
    `pinwheel: [emerg] unknown directive "foo" in ${conf}:2\npinwheel: configuration file ${conf} test failed\n`,
  );
  expect(prefix.read('logs/error.log')).toMatch(
    /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[emerg\] (\d+)#\1: unknown directive "foo" in .*nginx\.conf:2\n$/,
  );
});

test('-q prints errors only', async () => {
  expect(await prefix.run('-tq')).toEqual({ code: 0, stdout: '', stderr: '' });
  await prefix.configure('events { }\nfoo;\n');
  expect((await prefix.run('-q', '-t')).stderr).toMatch(/unknown directive "foo".*\n.*test failed\n$/);
});

test('-T prints every file once, in the order of reading', async () => {
  await mkdir(prefix.file('conf/more'));
  await writeFile(prefix.file('conf/more/b.conf'), '# b\n');
  await writeFile(prefix.file('conf/more/a.conf'), '# a\n');
  await writeFile(prefix.file('conf/more/.hidden.conf'), 'foo;\n');
  const text = 'events { }\ninclude more/*.conf;\ninclude more/[!b].conf;\n';
  await prefix.configure(text);
  const { code, stdout } = await prefix.run('-T');
  expect(code).toBe(0);
  expect(stdout).toBe(
    `# configuration file ${prefix.file('conf/nginx.conf')}:\n${text}\n` +
      `# configuration file ${prefix.file('conf/more/a.conf')}:\n# a\n\n` +
      `# configuration file ${prefix.file('conf/more/b.conf')}:\n# b\n\n`,
  );
});

test('-c is relative to -p, in one word or two, and -e names the error log', async () => {
  await writeFile(prefix.file('other.conf'), 'foo;\n');
  for (const c of [['-cother.conf'], ['-c', 'other.conf'], ['-c', prefix.file('other.conf')]]) {
    const { code, stderr } = await prefix.run(...c, '-e', 'early.log');
    expect(code).toBe(1);
    expect(stderr).toBe(`pinwheel: [emerg] unknown directive "foo" in ${prefix.file('other.conf')}:1\n`);
  }
  expect(prefix.read('early.log').trim().split('\n')).toHaveLength(3);
});

test('-e stderr logs once, with the time', async () => {
  await prefix.configure('foo;\n');
  expect((await prefix.run('-e', 'stderr')).stderr).toMatch(
    /^\d{4}\/.* \[emerg\] \d+#\d+: unknown directive "foo" .*\n$/,
  );
});

test('an error log in a missing folder is reported, and stderr is used instead', async () => {
  await rm(prefix.file('logs'), { recursive: true });
  const log = prefix.file('logs/error.log');
  const { code, stderr } = await prefix.run();
  expect(code).toBe(1);
  const [alert, emerg] = stderr.split('\n');
  const failed = `open() "${log}" failed (2: No such file or directory)`;
  expect(alert).toBe(`pinwheel: [alert] could not open error log file: ${failed}`);
  expect(emerg).toMatch(/ \[emerg\] /);
  expect(emerg).toContain(failed);
});

test('a missing file, a mistake in -g and an unknown user are reported with their place', async () => {
  const conf = prefix.file('conf/nginx.conf');
  expect((await prefix.run('-c', 'none.conf')).stderr).toBe(
    `pinwheel: [emerg] open() "${prefix.file('none.conf')}" failed (2: No such file or directory)\n`,
  );
  expect((await prefix.run('-c', 'conf')).stderr).toBe(
    `pinwheel: [emerg] pread() "${prefix.file('conf')}" failed (21: Is a directory)\n`,
  );
  expect((await prefix.run('-g', 'foo on;')).stderr).toBe(
    'pinwheel: [emerg] unknown directive "foo" in command line\n',
  );
  if (process.geteuid?.() !== 0) return;
  await prefix.configure('events { }\nuser nobody-of-that-name;\n');
  expect((await prefix.run()).stderr).toBe(`pinwheel: [emerg] getpwnam("nobody-of-that-name") failed in ${conf}:2\n`);
});

test.each([
  [['-x'], 'invalid option: "x"'],
  [['-tx'], 'invalid option: "x"'],
  [['-t', 'foo'], 'invalid option: "foo"'],
  [['-c'], 'option "-c" requires file name'],
  [['-p'], 'option "-p" requires directory name'],
  [['-e'], 'option "-e" requires file name'],
  [['-g'], 'option "-g" requires parameter'],
  [['-s'], 'option "-s" requires parameter'],
  [['-s', 'halt'], 'invalid option: "-s halt"'],
])('the options %j are refused in one line, with exit code 1', async (args, message) => {
  expect(await prefix.run(...args)).toEqual({ code: 1, stdout: '', stderr: `pinwheel: ${message}\n` });
});

test('-v, -V and -h print on stderr and exit with 0', async () => {
  const version = /^pinwheel version: pinwheel\/\d+\.\d+\.\d+ \(nginx\/1\.29\.8 configuration\)\n/;
  const v = await prefix.run('-v');
  expect(v.code).toBe(0);
  expect(v.stderr).toMatch(new RegExp(`${version.source}$`));
  const build = (await prefix.run('-V')).stderr;
  expect(build).toMatch(version);
  // Tools that look for modules read these lines.
  expect(build).toMatch(/nginx version: nginx\/1\.29\.8$/m);
  expect(build).toMatch(/^built with OpenSSL \d+\.\d+/m);
  expect(build).toMatch(/^TLS SNI support enabled$/m);
  expect(build).toMatch(
    /^configure arguments: .*--with-http_ssl_module.* --without-http_gzip_module .*--without-http-cache$/m,
  );
  expect(build).not.toMatch(/--without-http_(?:proxy|map|upstream_ip_hash|rewrite)_module/);
  for (const help of ['-h', '-?']) {
    const { code, stderr } = await prefix.run(help);
    expect(code).toBe(0);
    expect(stderr).toMatch(/Usage: .*[^]*-s signal/);
  }
});

test('warnings before an error are reported, too', async () => {
  await prefix.configure('events { use epoll; }\nfoo;\n');
  const conf = prefix.file('conf/nginx.conf');
  const warning = `the "use" directive has no effect in pinwheel in ${conf}:1`;
  for (const args of [['-t', '-q'], []]) {
    const { code, stderr } = await prefix.run(...args);
    expect(code).toBe(1);
    expect(stderr).toContain(`pinwheel: [warn] ${warning}\npinwheel: [emerg] unknown directive "foo" in ${conf}:2\n`);
  }
  expect(prefix.read('logs/error.log').match(/\[warn\]/g)).toHaveLength(2);
});

test('a daemon reports its warnings once', async () => {
  await prefix.serve('return 200 one;', 'pcre_jit on;');
  const { code, stderr } = await prefix.run();
  expect(code).toBe(0);
  expect(stderr.match(/\[warn\]/g)).toHaveLength(1);
  expect(prefix.read('logs/error.log').match(/\[warn\]/g)).toHaveLength(1);
});
