import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SupervisedProcess } from './supervised-process.js';

let folder: string;
let lines: string[];
let supervised: SupervisedProcess | undefined;
const waiting = new Set<() => void>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinwheel-'));
  lines = [];
});

afterEach(async () => {
  await supervised?.stop(0);
  supervised = undefined;
  rmSync(folder, { recursive: true });
});

function supervise(source: string): SupervisedProcess {
  const module = join(folder, 'program.mjs');
  writeFileSync(module, source);
  supervised = new SupervisedProcess({
    name: 'It',
    module,
    env: () => process.env,
    onMessage: (message) => message === 'ready',
    log: (line) => {
      lines.push(line);
      for (const look of waiting) look();
    },
  });
  return supervised;
}

/** Resolves as soon as `text` was logged for the `count`th time. */
function logged(text: string, count = 1): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (lines.filter((line) => line === text).length < count) return;
      waiting.delete(look);
      resolve();
    };
    waiting.add(look);
    look();
  });
}

const SERVES = `process.send('ready'); process.on('disconnect', () => process.exit()); setInterval(() => {}, 1e9);`;

test('the output of a process is logged after its name', async () => {
  const it = supervise(`console.log('out'); console.error('It: err'); process.stdout.write('last'); ${SERVES}`);
  await it.start();
  await Promise.all([logged('It | out'), logged('It | err')]);
  await it.stop(1_000);
  await logged('It | last');
  expect(it.ready).toBe(false);
});

test('a process that exits before it is ready is not restarted', async () => {
  const it = supervise(`console.error('no'); process.exit(3);`);
  await expect(it.start()).rejects.toThrow('It did not start: exit code 3');
  expect(lines).toEqual(['It | no']);
  expect(it.pid).toBeUndefined();
});

test('a killed process is restarted after growing delays, until it is stopped', async () => {
  const it = supervise(SERVES);
  await it.start();
  const first = it.pid;
  await it.kill('SIGKILL');
  await logged('It is back');
  expect(it.pid).not.toBe(first);
  await it.kill('SIGKILL');
  await logged('It is back', 2);
  await it.stop(1_000);
  expect(it.pid).toBeUndefined();
  expect(lines).toEqual([
    'It exited unexpectedly (SIGKILL): restarting in 200 ms',
    'It is back',
    'It exited unexpectedly (SIGKILL): restarting in 400 ms',
    'It is back',
  ]);
});

test('a process that fails during its restart is restarted again', async () => {
  const mark = join(folder, 'mark');
  // The second run fails, the third one serves.
  const it = supervise(`
    import { existsSync, readFileSync, writeFileSync } from 'node:fs';
    const run = existsSync(${JSON.stringify(mark)}) ? Number(readFileSync(${JSON.stringify(mark)}, 'utf8')) : 1;
    writeFileSync(${JSON.stringify(mark)}, String(run + 1));
    if (run === 2) process.exit(7);
    ${SERVES}`);
  await it.start();
  await it.kill('SIGKILL');
  await logged('It is back');
  expect(lines).toEqual([
    'It exited unexpectedly (SIGKILL): restarting in 200 ms',
    'It exited unexpectedly (exit code 7): restarting in 400 ms',
    'It is back',
  ]);
});

test('a stop between two runs cancels the restart', async () => {
  const it = supervise(SERVES);
  await it.start();
  await it.kill('SIGKILL');
  await it.stop(1_000);
  expect(it.pid).toBeUndefined();
  await expect(it.start()).rejects.toThrow('It did not start: it was stopped');
});

test('hold ends a process, which stays down until start', async () => {
  const it = supervise(SERVES);
  await it.start();
  const first = it.pid;
  await it.hold(1_000);
  expect(it).toMatchObject({ pid: undefined, ready: false, held: true, leaving: false, crashes: 0 });
  await it.start();
  expect(it).toMatchObject({ ready: true, held: false });
  expect(it.pid).not.toBe(first);
  await it.start();
  expect(lines).toEqual([]);
});

test('hold between two runs cancels the restart', async () => {
  const it = supervise(SERVES);
  await it.start();
  await it.kill('SIGKILL');
  expect(it.crashes).toBe(1);
  await it.hold(1_000);
  await it.start();
  expect(lines).toEqual(['It exited unexpectedly (SIGKILL): restarting in 200 ms']);
});

test('a process that is stopped while it is held gets one SIGTERM', async () => {
  const it = supervise(`
    let signals = 0;
    process.on('SIGTERM', () => { signals++; setTimeout(() => { console.log('signals', signals); process.exit(); }, 100); });
    ${SERVES}`);
  await it.start();
  const held = it.hold(10_000);
  expect(it.leaving).toBe(true);
  await it.stop(10_000);
  await held;
  expect(lines).toEqual(['It | signals 1']);
});

test('a process counts as asleep from SIGSTOP to SIGCONT', async () => {
  const it = supervise(SERVES);
  await it.start();
  await it.kill('SIGSTOP');
  expect(it.asleep).toBe(true);
  await it.kill('SIGCONT');
  expect(it.asleep).toBe(false);
});

test('a process that ignores SIGTERM is killed after the grace', async () => {
  const it = supervise(`process.on('SIGTERM', () => {}); ${SERVES}`);
  await it.start();
  await it.stop(50);
  expect(lines).toEqual(['It did not exit within 50 ms: killed']);
});

test('a process that sleeps is woken, so that it can end in order', async () => {
  const it = supervise(`process.on('SIGTERM', () => { console.log('ends'); process.exit(); }); ${SERVES}`);
  await it.start();
  await it.kill('SIGSTOP');
  await it.stop(10_000);
  expect(lines).toEqual(['It | ends']);
});
