import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { BackOff } from './back-off.js';
import { ClusterFailure } from './failure.js';

/** Milliseconds in which a process must become ready after its start. */
const START_LIMIT = 30_000;

/** The file descriptor after standard input, output, error and the IPC channel. */
export const INHERITED_FD = 4;

export interface ProcessOptions {
  /** Name of the process in the log. */
  readonly name: string;
  /** File of the module that it runs. */
  readonly module: string;
  /** Makes its environment, at every start. @param inherits true when it inherits a socket as `INHERITED_FD` */
  readonly env: (inherits: boolean) => NodeJS.ProcessEnv;
  /** Makes the socket that it inherits as `INHERITED_FD`, at every start. This process destroys its own end. */
  readonly inherits?: () => Socket | undefined;
  /** Reads a message of the process. @returns true when the message reports that the process is ready */
  readonly onMessage: (message: unknown) => boolean;
  /** Called with every process that is started. */
  readonly onStarted?: (child: ChildProcess) => void;
  readonly log: (line: string) => void;
}

/**
 * A child process that is restarted when it exits unexpectedly. `stop` ends it for good, `hold` until `start` is called.
 *
 * It runs in a session of its own, so that Ctrl-C in the terminal reaches only this process, which ends its children in
 * order. When this process exits, the closed IPC channel makes the child exit.
 */
export class SupervisedProcess {
  readonly #options: ProcessOptions;
  readonly #backOff = new BackOff();
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #restart: NodeJS.Timeout | undefined;
  #stopping = false;
  #held = false;
  /** The process that was sent SIGTERM. */
  #leaving: ChildProcess | undefined;
  #asleep = false;
  #crashes = 0;
  /** The time at which the process became ready, in milliseconds of `performance.now()`; undefined while it is not. */
  #readyAt: number | undefined;

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

  /** True from the moment the process reports it until it exits. */
  get ready(): boolean {
    return this.#readyAt !== undefined;
  }

  /** Seconds since the process became ready; 0 while it is not. */
  get uptime(): number {
    return this.#readyAt === undefined ? 0 : (performance.now() - this.#readyAt) / 1_000;
  }

  /** True while the process runs after SIGTERM. */
  get leaving(): boolean {
    return this.#leaving !== undefined && this.#leaving === this.#child;
  }

  /** True after `hold`, until `start`. */
  get held(): boolean {
    return this.#held;
  }

  /** True after SIGSTOP, until SIGCONT. */
  get asleep(): boolean {
    return this.#asleep;
  }

  /** The number of unexpected exits. */
  get crashes(): number {
    return this.#crashes;
  }

  /**
   * Starts the process if it does not run, and waits until it is ready. From then on it is kept running.
   *
   * @throws ClusterFailure when the process exits before that, or is not ready within 30 s
   */
  async start(): Promise<void> {
    this.#held = false;
    clearTimeout(this.#restart);
    if (this.#child !== undefined) return;
    const how = await this.#run();
    if (how !== undefined) throw new ClusterFailure(`${this.name} did not start: ${how}`);
  }

  /**
   * Sends a signal to the process. Resolves when the process has exited, or at once for SIGSTOP and SIGCONT. A process
   * that exits is restarted.
   */
  async kill(signal: NodeJS.Signals): Promise<void> {
    if (this.#child?.kill(signal) === true && (signal === 'SIGSTOP' || signal === 'SIGCONT')) {
      this.#asleep = signal === 'SIGSTOP';
    }
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await this.#ended;
  }

  /** Ends the process for good: SIGTERM, and SIGKILL after `graceMs` milliseconds. Resolves when it has exited. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    await this.#end(graceMs);
  }

  /** Ends the process as `stop` does, but `start` may start it again. */
  async hold(graceMs: number): Promise<void> {
    this.#held = true;
    await this.#end(graceMs);
  }

  async #end(graceMs: number): Promise<void> {
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child === undefined) return;
    const timer = setTimeout(() => {
      this.#options.log(`${this.name} did not exit within ${graceMs} ms: killed`);
      child.kill('SIGKILL');
    }, graceMs);
    // A second SIGTERM would make the process exit at once.
    if (this.#leaving !== child) child.kill('SIGTERM');
    this.#leaving = child;
    // A process that SIGSTOP has stopped gets its SIGTERM only when it continues.
    child.kill('SIGCONT');
    await this.#ended;
    clearTimeout(timer);
  }

  /** Starts the process once. Resolves with undefined when it is ready, or with how it exited or failed before. */
  #run(): Promise<string | undefined> {
    if (this.#stopping) return Promise.resolve('it was stopped');
    const { name, module, env, log, onMessage } = this.#options;
    const inherited = this.#options.inherits?.();
    const child = fork(module, [], {
      env: env(inherited !== undefined),
      execArgv: [],
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc', ...(inherited === undefined ? [] : [inherited])],
    });
    inherited?.destroy();
    this.#child = child;
    this.#asleep = false;
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
        this.#readyAt = readyAt;
        resolve(undefined);
      });
      this.#ended = howItEnds(child).then((how) => {
        clearTimeout(limit);
        this.#child = undefined;
        this.#readyAt = undefined;
        resolve(how);
        if (readyAt !== undefined) this.#restartAfter(how, performance.now() - readyAt);
      });
    });
  }

  #restartAfter(how: string, health: number): void {
    if (this.#stopping || this.#held) return;
    this.#crashes++;
    const { name, log } = this.#options;
    const delay = this.#backOff.delayAfter(health);
    log(`${name} exited unexpectedly (${how}): restarting in ${delay} ms`);
    this.#restart = setTimeout(() => {
      void this.#run().then((failed) => {
        if (failed === undefined) log(`${name} is back`);
        else this.#restartAfter(failed, 0);
      });
    }, delay);
  }
}

/** Resolves when the process has exited and its output is read, or when it could not be started. */
function howItEnds(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.on('error', (error) => {
      if (child.pid === undefined) resolve(error.message);
    });
  });
}

/**
 * Logs each line after the name of the process. A name that the process itself puts before a line is removed.
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
