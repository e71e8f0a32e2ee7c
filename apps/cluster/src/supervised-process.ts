import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { BackOff } from './back-off.js';
import { ClusterFailure } from './cluster-failure.js';

/** Milliseconds from the fork until a process must have said that it is ready. */
const START_LIMIT = 30_000;

export interface ProcessOptions {
  /** How it is called in the log. */
  readonly name: string;
  /** File of its module. */
  readonly module: string;
  /** Its environment, asked for at every start. */
  readonly env: () => NodeJS.ProcessEnv;
  /** Looks at a message of the process; true when it says that it is ready. */
  readonly onMessage: (message: unknown) => boolean;
  /** Told of every process that is started. */
  readonly onStarted?: (child: ChildProcess) => void;
  readonly log: (line: string) => void;
}

/**
 * A child process that is started again whenever it ends unasked.
 *
 * It is in a session of its own, so that Ctrl-C in the terminal reaches only this process, which ends it in order. The
 * IPC channel tells it when this process is gone.
 */
export class SupervisedProcess {
  readonly #options: ProcessOptions;
  readonly #backOff = new BackOff();
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #restart: NodeJS.Timeout | undefined;
  #stopping = false;
  #ready = false;

  constructor(options: ProcessOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Process id; undefined while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** True from the moment the process says so until it ends. */
  get ready(): boolean {
    return this.#ready;
  }

  /**
   * Starts the process and waits until it is ready. From then on it is kept running.
   *
   * @throws ClusterFailure when it ends before that, or is not ready within 30 s
   */
  async start(): Promise<void> {
    const how = await this.#run();
    if (how !== undefined) throw new ClusterFailure(`${this.name} did not start: ${how}`);
  }

  /**
   * Sends a signal to the process; resolves when it has ended, or at once for SIGSTOP and SIGCONT. What has ended is
   * started again.
   */
  async kill(signal: NodeJS.Signals): Promise<void> {
    this.#child?.kill(signal);
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await this.#ended;
  }

  /** Ends the process for good: SIGTERM, and after `graceMs` milliseconds SIGKILL. Resolves when it has ended. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child === undefined) return;
    const timer = setTimeout(() => {
      this.#options.log(`${this.name} did not end within ${graceMs} ms: killed`);
      child.kill('SIGKILL');
    }, graceMs);
    child.kill('SIGTERM');
    // A stopped process (SIGSTOP) would sleep through its SIGTERM.
    child.kill('SIGCONT');
    await this.#ended;
    clearTimeout(timer);
  }

  /** Starts it once. Resolves with undefined when it is ready, or with how it ended or failed before. */
  #run(): Promise<string | undefined> {
    if (this.#stopping) return Promise.resolve('it was stopped');
    const { name, module, env, log, onMessage } = this.#options;
    const child = fork(module, [], {
      env: env(),
      execArgv: [],
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    this.#options.onStarted?.(child);
    forwardLines(child.stdout, name, log);
    forwardLines(child.stderr, name, log);
    return new Promise((resolve) => {
      let readyAt: number | undefined;
      const limit = setTimeout(() => {
        log(`${name} is not ready after ${START_LIMIT / 1_000} s: killed`);
        child.kill('SIGKILL');
      }, START_LIMIT);
      child.on('message', (message) => {
        if (readyAt !== undefined || !onMessage(message)) return;
        clearTimeout(limit);
        readyAt = performance.now();
        this.#ready = true;
        resolve(undefined);
      });
      this.#ended = howItEnds(child).then((how) => {
        clearTimeout(limit);
        this.#child = undefined;
        this.#ready = false;
        resolve(how);
        if (readyAt !== undefined) this.#restartAfter(how, performance.now() - readyAt);
      });
    });
  }

  #restartAfter(how: string, health: number): void {
    if (this.#stopping) return;
    const { name, log } = this.#options;
    const delay = this.#backOff.delayAfter(health);
    log(`${name} ended unasked (${how}): starting it again in ${delay} ms`);
    this.#restart = setTimeout(() => {
      void this.#run().then((failed) => {
        if (failed === undefined) log(`${name} is back`);
        else this.#restartAfter(failed, 0);
      });
    }, delay);
  }
}

/** Resolves when the process has ended, or could not be started, and its output is through. */
function howItEnds(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.on('error', (error) => {
      if (child.pid === undefined) resolve(error.message);
    });
  });
}

/**
 * Logs each line behind the name, once if the process puts it there too.
 *
 * @param stream missing when the process could not be started
 */
function forwardLines(stream: Readable | null | undefined, name: string, log: (line: string) => void): void {
  if (stream === null || stream === undefined) return;
  const own = `${name}: `;
  createInterface({ input: stream }).on('line', (line) => {
    log(`${name} | ${line.startsWith(own) ? line.slice(own.length) : line}`);
  });
}
