import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Program, endPrograms, root } from '@pinwheel/testing/program';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinwheel lock '));
});

afterEach(async () => {
  await endPrograms();
  rmSync(folder, { recursive: true });
});

/** A process in which `take()` takes the one lock of this test. */
function taker(source: string): Program {
  const file = join(folder, `taker-${Math.random()}.mjs`);
  writeFileSync(
    file,
    `import { takeLock } from ${JSON.stringify(pathToFileURL(`${root}/scripts/lock.mjs`).href)};
    import { appendFileSync } from 'node:fs';
    const take = () => takeLock(${JSON.stringify(join(folder, 'the lock'))}, (pid) => console.log('waits for ' + pid));
    const note = (text) => appendFileSync(${JSON.stringify(join(folder, 'notes'))}, text + '\\n');
    ${source}`,
  );
  return new Program(process.execPath, [file]);
}

const notes = (): string[] => readFileSync(join(folder, 'notes'), 'utf8').trim().split('\n');

test('one process at a time holds the lock, even when some are killed while they hold it', async () => {
  const source = `for (let i = 0; i < 10; i++) {
    const lock = await take();
    note('in ' + process.pid);
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (process.argv[2] !== 'good' && i === 3) process.kill(process.pid, 'SIGKILL');
    note('out ' + process.pid);
    lock.release();
  }`;
  const good = Array.from({ length: 3 }, () => taker(source.replace(`process.argv[2] !== 'good'`, 'false')));
  const bad = Array.from({ length: 3 }, () => taker(source));
  for (const program of good) expect(await program.ended).toEqual({ code: 0, signal: null });
  for (const program of bad) expect(await program.ended).toEqual({ code: null, signal: 'SIGKILL' });
  const all = notes();
  expect(all).toHaveLength(3 * 20 + 3 * 7);
  // A process takes the lock only after the previous one has released it or was killed.
  const killed = new Set(bad.map((program) => String(program.pid)));
  const wrong: string[] = [];
  let inside: string | undefined;
  for (const line of all) {
    const [way, pid = ''] = line.split(' ');
    const fine = way === 'in' ? inside === undefined || killed.has(inside) : inside === pid;
    if (!fine) wrong.push(`${line} while ${inside} is in`);
    inside = way === 'in' ? pid : undefined;
  }
  expect(wrong).toEqual([]);
});

test('a waiting process reports the holder, and continues when the lock is free', async () => {
  const holder = taker(`const lock = await take(); console.log('has it'); process.once('SIGTERM', () => lock.release());
    setInterval(() => {}, 1e9).ref(); process.once('SIGUSR2', () => process.exit());`);
  await holder.line('stdout', /has it/);
  const waiter = taker(`const lock = await take(); console.log('has it'); lock.release();`);
  await waiter.line('stdout', new RegExp(`^waits for ${holder.pid}$`));
  holder.child.kill('SIGTERM');
  await waiter.line('stdout', /has it/);
  expect(await waiter.ended).toEqual({ code: 0, signal: null });
  holder.child.kill('SIGUSR2');
  await holder.ended;
});

test('the lock is not free while the child of its dead owner still runs', async () => {
  const holder = taker(`const { spawn } = await import('node:child_process');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e9)'], { stdio: 'ignore', detached: true });
    const lock = await take(); lock.note(child.pid); console.log('child ' + child.pid);`);
  const child = Number((await holder.line('stdout', /^child /)).split(' ')[1]);
  holder.child.kill('SIGKILL');
  await holder.ended;
  const waiter = taker(`const lock = await take(); console.log('has it'); lock.release();`);
  await waiter.line('stdout', /^waits for /);
  expect(waiter.stdout).not.toContain('has it');
  process.kill(child, 'SIGKILL');
  await waiter.line('stdout', /has it/);
});
