import { createServer, type RequestListener, type Server } from 'node:http';
import { Server as SocketServer } from 'socket.io';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import { allGone, descendants, endPrograms, startProgram } from '@pinwheel/testing/program';
import { startStockServer } from '@pinwheel/testing/server-process';
import { startFaultyServer } from './faulty-server.js';
import { LOAD, load } from './load-program.js';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  await endPrograms();
  for (const close of closing.splice(0)) await close();
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

/** Starts the program and waits for its end: exit code and stderr. */
async function said(args: readonly string[]): Promise<{ code: number | null; stderr: string; stdout: string }> {
  const program = startProgram(LOAD, args);
  const { code } = await program.ended;
  return { code, stderr: program.stderr, stdout: program.stdout };
}

describe('the program prints one line and exits with the right code', () => {
  test('reports a target that does not listen', async () => {
    const { code, stderr } = await said(['http://127.0.0.1:1']);
    expect(stderr).toBe('pinwheel-load: http://127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1\n');
    expect(code).toBe(1);
  });

  test('reports a target that is not a Socket.IO server', async () => {
    const answer: RequestListener = (_request, response) => response.writeHead(404).end('not here');
    const url = await listen(createServer(answer));
    const { code, stderr } = await said([url]);
    expect(stderr).toBe(
      `pinwheel-load: ${url} is not a Socket.IO server: expected an Engine.IO 4 handshake at /socket.io/, got 404 "not here"\n`,
    );
    expect(code).toBe(1);
  });

  test('reports a Socket.IO server that does not follow the contract', async () => {
    const http = createServer();
    const io = new SocketServer(http);
    io.on('connection', (socket) => {
      socket.on('join', (_room: unknown, ack: (answer: unknown) => void) => ack('welcome'));
    });
    const url = await listen(http);
    closing.unshift(() => io.close());
    const { code, stderr } = await said([url]);
    expect(stderr).toBe(
      `pinwheel-load: ${url} does not follow the echo contract: expected an answer to "join", got "welcome"\n`,
    );
    expect(code).toBe(1);
  });

  test('reports a value that cannot be used', async () => {
    const { code, stderr } = await said(['http://127.0.0.1:1', '--clients', 'many']);
    expect(stderr).toBe('pinwheel-load: --clients: expected a whole number from 1 to 1000000, got "many"\n');
    expect(code).toBe(2);
  });

  test('reports a report file that cannot be written, before anything is measured', async () => {
    const { code, stderr } = await said(['http://127.0.0.1:1', '--json', '/nowhere/at/all.json']);
    expect(stderr).toBe('pinwheel-load: --json: /nowhere/at/all.json is in a folder that does not exist\n');
    expect(code).toBe(2);
  });

  test('reports a metric that does not exist', async () => {
    const { code, stderr } = await said(['http://127.0.0.1:1', '--assert', 'latency.p98<3']);
    expect(stderr).toBe(
      'pinwheel-load: --assert: expected a metric that --help lists, such as latency.p99, missing or neverReturned, got "latency.p98"\n',
    );
    expect(code).toBe(2);
  });

  test('reports a node that the admin listener does not know, before anything is measured', async () => {
    const server = await startFaultyServer({});
    closing.push(() => server.close());
    const admin = await listen(
      createServer((_request, response) => response.end(JSON.stringify({ nodes: [{ name: 'a' }, { name: 'b' }] }))),
    );
    const { code, stderr } = await said([server.url, '--admin', admin, '--drain', 'c@1s']);
    expect(stderr).toBe('pinwheel-load: --drain: expected one of a, b, got "c"\n');
    expect(code).toBe(1);
  });

  test('reports an admin listener that does not answer', async () => {
    const server = await startFaultyServer({});
    closing.push(() => server.close());
    const port = await freePort();
    const { code, stderr } = await said([server.url, '--admin', `http://127.0.0.1:${port}`, '--kill', 'a@1s']);
    expect(stderr).toBe(
      `pinwheel-load: --admin: http://127.0.0.1:${port} cannot be reached: connect ECONNREFUSED 127.0.0.1:${port}\n`,
    );
    expect(code).toBe(1);
  });
});

test('Ctrl-C ends the run early, prints and writes its report and leaves nothing running', async () => {
  const server = await startFaultyServer({});
  closing.push(() => server.close());
  let workers: number[] = [];
  const args = '--clients 20 --rooms 4 --rate 20 --duration 60s --warmup 0s --settle 300ms --workers 2';
  const { ended, program, result } = await load([server.url, ...args.split(' ')], (running) => {
    void running.line('stderr', /measuring .* delivered [1-9]/).then(() => {
      workers = descendants(running.pid);
      running.signalGroup('SIGINT');
    });
  });
  expect(workers).toHaveLength(2);
  await allGone(workers);
  expect([0, 3]).toContain(ended.code);
  expect(result.endedEarly).toBe('Ctrl-C');
  expect(result.stage.counts.received).toBeGreaterThan(0);
  expect(result.stage.missing).toBe(0);
  expect(program.stdout).toContain('ended early by Ctrl-C');
  expect(`${program.stdout}${program.stderr}`).not.toContain('\x1b');
});

test('a server that exits in the middle of a run is reported, and what was measured is written', async () => {
  const server = await startStockServer('Server1');
  closing.push(() => server.kill());
  const args = '--mode echo --clients 10 --rate 20 --duration 3s --warmup 0s --settle 300ms';
  const { ended, program, result } = await load([server.url, ...args.split(' ')], (running) => {
    void running.line('stderr', /measuring .* delivered [1-9]/).then(() => server.kill());
  });
  expect(ended.code).toBe(1);
  expect(program.stdout).toContain('the server was gone: none of 10 clients was online at the end');
  const { churn, counts } = result.stage;
  expect(counts.received).toBeGreaterThan(0);
  expect(counts.scheduled).toBe(600);
  expect(counts.scheduled).toBe(counts.sent + counts.unsent);
  expect(counts.expected).toBe(counts.received + counts.missingOffline + counts.missingOnline + counts.late);
  expect(churn).toMatchObject({ disconnects: 10, neverReturned: 10, reasons: { 'transport close': 10 } });
  expect(Object.keys(churn.failures)).toEqual(['websocket: ECONNREFUSED']);
});
