import { createServer, get, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort, takePort } from '@pinwheel/testing/ports';
import { type Program, endPrograms, startProgram } from '@pinwheel/testing/program';

const MAIN = 'apps/balancer/dist/main.js';

let origin: Server;
let peer: string;
/** Responses that the origin has not finished. */
let open: ServerResponse[];
let onOpen: () => void;

beforeEach(async () => {
  open = [];
  origin = createServer((request, response) => {
    if (request.url === '/slow') {
      open.push(response);
      response.write('first');
      onOpen();
    } else {
      response.end(`${request.url} for ${String(request.headers['x-forwarded-for'])}`);
    }
  });
  await new Promise<void>((resolve) => {
    origin.listen(0, '127.0.0.1', resolve);
  });
  peer = `127.0.0.1:${(origin.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await endPrograms();
  origin.closeAllConnections();
  origin.close();
});

function balancer(...args: string[]): Program {
  return startProgram(MAIN, args);
}

async function urlOf(program: Program): Promise<string> {
  const line = await program.line('stdout', /^ready /);
  return line.split(' ')[1] ?? '';
}

test('prints ready with its URL, peers and policies, and serves', async () => {
  const program = balancer('--listen', '0', '--upstream', peer, '--trust', '127.0.0.1');
  const url = await urlOf(program);
  expect(program.stdout).toMatch(
    /^ready http:\/\/127\.0\.0\.1:\d+ upstream=127\.0\.0\.1:\d+ policy=ip_hash websocket=least_conn\n$/,
  );
  const answer = await fetch(`${url}/a`, { headers: { 'x-forwarded-for': '192.0.2.7' } });
  expect(await answer.text()).toBe('/a for 192.0.2.7, 127.0.0.1');
});

test('starts before its peers do', async () => {
  const port = await freePort();
  const url = await urlOf(balancer('--listen', '0', '--upstream', `127.0.0.1:${port};max_fails=0`));
  expect((await fetch(url)).status).toBe(502);
  const late = createServer((_request, response) => response.end('late'));
  await new Promise<void>((resolve) => {
    late.listen(port, '127.0.0.1', resolve);
  });
  expect(await (await fetch(url)).text()).toBe('late');
  late.closeAllConnections();
  late.close();
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s lets a response finish, accepts no more and exits 0', async (signal) => {
  const program = balancer('--listen', '0', '--upstream', peer);
  const url = await urlOf(program);
  const isOpen = new Promise<void>((resolve) => {
    onOpen = resolve;
  });
  const text = fetch(`${url}/slow`).then((response) => response.text());
  await isOpen;
  program.child.kill(signal);
  await refuses(url);
  open[0]?.end(' last');
  expect(await text).toBe('first last');
  expect(await program.ended).toEqual({ code: 0, signal: null });
});

test('a second signal ends the program at once', async () => {
  const program = balancer('--listen', '0', '--upstream', peer);
  const url = await urlOf(program);
  const isOpen = new Promise<void>((resolve) => {
    onOpen = resolve;
  });
  const cause = fetch(`${url}/slow`)
    .then((response) => response.text())
    .catch((error: unknown) => String(error));
  await isOpen;
  program.child.kill('SIGTERM');
  await refuses(url);
  // Within a second both signals would count as one.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  program.child.kill('SIGTERM');
  expect(await program.ended).toEqual({ code: 143, signal: null });
  expect(await cause).toBe('TypeError: terminated');
});

test('a port in use is reported in one line that names --listen, exit 1', async () => {
  const { port, release } = await takePort();
  const program = balancer('--listen', '0', '--listen', String(port), '--upstream', peer);
  expect(await program.ended).toEqual({ code: 1, signal: null });
  expect(program.stdout).toBe('');
  expect(program.stderr).toBe(
    `pinwheel-balancer: 127.0.0.1:${port} is already in use: stop what listens there or choose another with --listen\n`,
  );
  await release();
});

test('a wrong command line is reported in one line that names the flag, exit 2', async () => {
  const program = balancer('--upstream', peer, '--policy', 'best');
  expect(await program.ended).toEqual({ code: 2, signal: null });
  expect(program.stderr).toBe(
    'pinwheel-balancer: --policy: expected one of round_robin, ip_hash, least_conn, got "best"\n',
  );
});

test('an unreadable certificate is reported in one line that names the flag, exit 2', async () => {
  const program = balancer('--upstream', peer, '--tls-cert', '/nowhere/cert.pem', '--tls-key', '/nowhere/key.pem');
  expect(await program.ended).toEqual({ code: 2, signal: null });
  expect(program.stderr).toBe('pinwheel-balancer: --tls-cert: /nowhere/cert.pem cannot be read (ENOENT)\n');
});

test('--help shows every flag, --version the version', async () => {
  const help = balancer('--help');
  expect(await help.ended).toEqual({ code: 0, signal: null });
  for (const flag of [
    '--listen',
    '--upstream',
    '--policy',
    '--websocket-policy',
    '--trust',
    '--tls-cert',
    '--tls-key',
  ]) {
    expect(help.stdout).toContain(flag);
  }
  const version = balancer('--version');
  expect(await version.ended).toEqual({ code: 0, signal: null });
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

/** Waits until new connections are refused. */
async function refuses(url: string): Promise<void> {
  const refused = (): Promise<boolean> =>
    new Promise((resolve) => {
      get(url, { agent: false }, (response) => {
        response.resume();
        resolve(false);
      }).once('error', () => resolve(true));
    });
  while (!(await refused())) await new Promise((resolve) => setTimeout(resolve, 10));
}
