import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterwards } from './in-process.js';

/** The built program, since the tests run it as a process. */
const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export interface NodeProcess {
  readonly child: ChildProcess;
  /** Its output so far. */
  readonly stdout: string[];
  readonly stderr: string[];
  /** `[exit code, signal]`, when it has ended. */
  readonly exited: Promise<unknown[]>;
  /** Its first line on standard output; rejects when it ends before. */
  readonly ready: Promise<string>;
}

/** Starts the program with these settings and no others; it is killed when the test ends. */
export function nodeProcess(
  env: Record<string, string>,
  withChannel = false,
  args: readonly string[] = [],
): NodeProcess {
  const all = { PATH: process.env['PATH'] ?? '', HOST: '127.0.0.1', ...env };
  const child = withChannel
    ? fork(main, args, { env: all, silent: true })
    : spawn(process.execPath, [main, ...args], { env: all, stdio: ['ignore', 'pipe', 'pipe'] });
  const stdout: string[] = [];
  const stderr: string[] = [];
  if (child.stdout === null || child.stderr === null) throw new Error('expected pipes');
  const lines = createInterface(child.stdout);
  lines.on('line', (line) => stdout.push(line));
  createInterface(child.stderr).on('line', (line) => stderr.push(line));
  // 'close' is emitted after the pipes have ended. A child whose channel this process has closed emits only 'exit'.
  const exited = once(child, withChannel ? 'exit' : 'close');
  const ready = Promise.race([
    once(lines, 'line').then(([line]) => String(line)),
    exited.then(() => Promise.reject(new Error(`the node ended: ${stderr.join('\n')}`))),
  ]);
  ready.catch(() => undefined);
  afterwards(() => child.kill('SIGKILL'));
  return { child, stdout, stderr, exited, ready };
}
