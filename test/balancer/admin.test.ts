import type { BalancerStatus } from '@pinwheel/admin';
import type { ProxyHistory } from '@pinwheel/proxy';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Admin } from '../admin/admin-client.js';
import { takePort } from '@pinwheel/testing/ports';
import { type Program, endPrograms, startProgram } from '@pinwheel/testing/program';
import { Prefix } from './prefix.js';

const MAIN = 'apps/balancer/dist/main.js';

async function statusOf(url: string): Promise<BalancerStatus> {
  return (await (await fetch(`${url}/status`)).json()) as BalancerStatus;
}

describe('with flags', () => {
  afterEach(endPrograms);

  function balancer(...args: string[]): Program {
    return startProgram(MAIN, ['--listen', '0', '--upstream', '127.0.0.1:1', ...args]);
  }

  test('--admin-port opens a listener for status and metrics', async () => {
    const program = balancer('--admin-port', '0');
    const ready = await program.line('stdout', /^ready /);
    const url = /http:\S+$/.exec(await program.line('stderr', /: admin http/))?.[0] ?? '';
    expect((await fetch(ready.split(' ')[1] ?? '')).status).toBe(502);
    expect(await statusOf(url)).toMatchObject({
      version: '0.1.0',
      requests: 1,
      errorsByCode: { connect_failed: 1 },
      upstreams: [{ name: 'upstream', policy: 'ip_hash' }],
      peers: [{ upstream: 'upstream', name: '127.0.0.1:1', requests: 1, failures: 1, reachable: false }],
    });
    const metrics = await new Admin(url).metrics();
    expect(metrics.get('pinwheel_requests_total')).toBe(1);
    expect(metrics.get('pinwheel_errors_total{code="connect_failed"}')).toBe(1);
    program.child.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });

  test('without --admin-port there is no admin listener', async () => {
    const program = balancer();
    await program.line('stdout', /^ready /);
    expect(program.stderr).not.toContain('admin');
  });

  test('a port in use is reported in one line, exit 1', async () => {
    const { port, release } = await takePort();
    const program = balancer('--admin-port', String(port));
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect([program.stdout, program.stderr]).toEqual([
      '',
      `pinwheel-balancer: 127.0.0.1:${port} is already in use: stop what listens there or choose another with --admin-port\n`,
    ]);
    await release();
  });
});

describe('with an nginx.conf', () => {
  let prefix: Prefix;

  beforeEach(async () => {
    prefix = await Prefix.make();
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await endPrograms();
    await prefix.remove();
  });

  async function adminUrl(): Promise<string> {
    return /http:\S+$/.exec(await prefix.logged(/\[notice\] .*admin listener/))?.[0] ?? '';
  }

  test.each([
    ['one process', ''],
    ['two workers', 'worker_processes 2;'],
  ])('%s: PINWHEEL_ADMIN_PORT opens a listener with the status of all processes', async (_name, main) => {
    vi.stubEnv('PINWHEEL_ADMIN_PORT', '0');
    await prefix.serve('return 200 ok;', main);
    await prefix.serving();
    const url = await adminUrl();
    for (let i = 0; i < 8; i++) expect(await prefix.text()).toBe('ok');
    expect(await statusOf(url)).toMatchObject({ requests: 8, accepted: 8, errors: 0, peers: [] });
    expect((await new Admin(url).metrics()).get('pinwheel_requests_total')).toBe(8);
  });

  test.each([
    ['one process', '', ['alone']],
    ['two workers', 'worker_processes 2;', ['master', 'worker', 'worker']],
  ])('%s: the status has all processes and the history of the last seconds', async (_name, main, roles) => {
    vi.stubEnv('PINWHEEL_ADMIN_PORT', '0');
    await prefix.serve('return 200 ok;', main);
    await prefix.serving();
    const url = await adminUrl();
    for (let i = 0; i < 4; i++) expect(await prefix.text()).toBe('ok');
    const { processes, listeners } = await statusOf(url);
    expect(processes.map(({ role }) => role)).toEqual(roles);
    expect(new Set(processes.map(({ pid }) => pid)).size).toBe(roles.length);
    expect(processes.every(({ rss, uptime }) => rss > 10_000_000 && uptime > 0)).toBe(true);
    expect(listeners).toMatchObject([{ tls: false, accepted: 4, requests: 4, errors: 0 }]);
    await vi.waitFor(async () => {
      const { total } = (await (await fetch(`${url}/history`)).json()) as ProxyHistory;
      expect(total.requests.reduce((sum, count) => sum + count, 0)).toBe(4);
    }, 5_000);
  });

  test('without PINWHEEL_ADMIN_PORT there is no admin listener', async () => {
    await prefix.serve('return 200 ok;');
    await prefix.serving();
    expect(prefix.read('logs/error.log')).not.toContain('admin');
  });

  test.each([
    ['one process', ''],
    ['two workers', 'worker_processes 2;'],
  ])('%s: a taken port ends the start', async (_name, main) => {
    const { port, release } = await takePort();
    vi.stubEnv('PINWHEEL_ADMIN_PORT', String(port));
    await prefix.serve('return 200 ok;', main);
    const { code, stderr } = await prefix.run('-g', 'daemon off;');
    expect([code, stderr]).toEqual([
      1,
      `pinwheel: [emerg] PINWHEEL_ADMIN_PORT: bind() to 127.0.0.1:${port} failed (98: Address already in use)\n`,
    ]);
    expect(prefix.pid).toBeUndefined();
    await release();
  });

  test('a value that is not a port ends the start', async () => {
    vi.stubEnv('PINWHEEL_ADMIN_PORT', '0.0.0.0:80');
    await prefix.serve('return 200 ok;');
    const { code, stderr } = await prefix.run('-g', 'daemon off;');
    expect([code, stderr]).toEqual([
      1,
      'pinwheel: [emerg] PINWHEEL_ADMIN_PORT: expected a whole number from 0 to 65535, got "0.0.0.0:80"\n',
    ]);
  });
});
