import type { ChildProcess } from 'node:child_process';
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Milliseconds that a program may take to start serving, and to exit. */
const START = 15_000;
const END = 3_000;

const running = new Set<ChildProcess>();

/** A process that is ready to serve. */
export interface Launched {
  readonly pid: number;
  stop(): Promise<void>;
}

/** The path of an installed program, or undefined. */
export function findProgram(name: string): string | undefined {
  return [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
}

/** The compiled file of a program in `programs/`. */
export function programFile(name: string): string {
  return fileURLToPath(new URL(`../programs/${name}.js`, import.meta.url));
}

/**
 * Starts a program and waits until it accepts connections on the port.
 *
 * @throws Error with its stderr when it exits first, or does not accept connections within 15 s
 */
export async function launch(
  file: string,
  args: readonly string[],
  port: number,
  env: NodeJS.ProcessEnv = {},
): Promise<Launched> {
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  const launched = track(child);
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (complaint.length < 2_000) complaint += text;
  });
  const end = performance.now() + START;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || child.signalCode !== null || performance.now() > end) {
      await launched.stop();
      throw new Error(`${file} does not serve on port ${port}: ${complaint.trim()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return launched;
}

/** A forked program of this project, and its first message. */
export interface Forked extends Launched {
  readonly child: ChildProcess;
  readonly message: unknown;
}

/**
 * Forks a program and waits for its first message. It exits when its channel closes, so nothing outlives this process.
 *
 * @throws Error when it exits first, or sends no message within 15 s
 */
export async function launchFork(
  file: string,
  args: readonly string[] = [],
  options: { readonly env?: NodeJS.ProcessEnv; readonly execArgv?: readonly string[] } = {},
): Promise<Forked> {
  const child = fork(file, args, {
    env: { ...process.env, ...options.env },
    execArgv: [...(options.execArgv ?? [])],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const launched = track(child);
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), START);
  try {
    const [message]: unknown[] = await Promise.race([
      once(child, 'message', { signal: patience.signal }),
      once(child, 'exit', { signal: patience.signal }).then(([code, signal]) => {
        throw new Error(`${file} ended with ${String(code ?? signal)} before it was ready`);
      }),
    ]);
    return { ...launched, child, message };
  } catch (error) {
    await launched.stop();
    throw error;
  } finally {
    clearTimeout(timer);
    // Removes the listeners that have not been called.
    patience.abort();
  }
}

// Programs without an IPC channel do not notice the exit of this process, so they are killed here.
process.on('exit', () => {
  for (const child of running) child.kill('SIGTERM');
});

/** Kills every program that was started here. */
export async function endAll(): Promise<void> {
  await Promise.all(
    [...running].map(async (child) => {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), END);
      await gone;
      clearTimeout(timer);
    }),
  );
}

function track(child: ChildProcess): Launched {
  running.add(child);
  const gone = new Promise<void>((resolve) => {
    const over = (): void => {
      running.delete(child);
      resolve();
    };
    child.once('exit', over);
    child.once('error', over);
  });
  return {
    pid: child.pid ?? 0,
    async stop() {
      if (!running.has(child)) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), END);
      await gone;
      clearTimeout(timer);
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
