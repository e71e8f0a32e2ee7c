import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { BackOff } from './back-off.js';
import { ClusterFailure } from './failure.js';

/** Milliseconds from the fork until a process must have said that it is ready. */
const START_LIMIT = 30_000;

/** Behind standard input, output, error and the IPC channel. */
export const INHERITED_FD = 4;

export interface ProcessOptions {
  /** How it is called in the log. */
  readonly name: string;
  /** File of its module. */
  readonly module: string;
  /** Its environment, asked for at every start. @param inherits there is something at `INHERITED_FD` */
  readonly env: (inherits: boolean) => NodeJS.ProcessEnv;
  /** What it inherits as file descriptor `INHERITED_FD`, if anything; asked for at every start, and destroyed here then. */
  readonly inherits?: () => Socket | undefined;
  /** Looks at a message of the process; true when it says that it is ready. */
  readonly onMessage: (message: unknown) => boolean;
  /** Told of every process that is started. */
  readonly onStarted?: (child: ChildProcess) => void;
  readonly log: (line: string) => void;
}

/**
 * A child process that is started again whenever it ends unasked. It ends as asked by `stop`, for good, and by `hold`, until
 * `start` is called.
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
  #held = false;
  /** The process that was told to end. */
  #leaving: ChildProcess | undefined;
  #asleep = false;
  #crashes = 0;
  /** In milliseconds of `performance.now()`; undefined while it is not ready. */
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

  /** True from the moment the process says so until it ends. */
  get ready(): boolean {
    return this.#readyAt !== undefined;
  }

  /** Seconds that it has been ready. */
  get uptime(): number {
    return this.#readyAt === undefined ? 0 : (performance.now() - this.#readyAt) / 1_000;
  }

  /** It runs and was told to end. */
  get leaving(): boolean {
    return this.#leaving !== undefined && this.#leaving === this.#child;
  }

  /** It is to stay away until it is started. */
  get held(): boolean {
    return this.#held;
  }

  /** It was sent SIGSTOP, and no SIGCONT since. */
  get asleep(): boolean {
    return this.#asleep;
  }

  /** How often it has ended unasked. */
  get crashes(): number {
    return this.#crashes;
  }

  /**
   * Starts the process, if it does not run, and waits until it is ready. From then on it is kept running.
   *
   * @throws ClusterFailure when it ends before that, or is not ready within 30 s
   */
  async start(): Promise<void> {
    this.#held = false;
    clearTimeout(this.#restart);
    if (this.#child !== undefined) return;
    const how = await this.#run();
    if (how !== undefined) throw new ClusterFailure(`${this.name} did not start: ${how}`);
  }

  /**
   * Sends a signal to the process; resolves when it has ended, or at once for SIGSTOP and SIGCONT. What has ended is
   * started again.
   */
  async kill(signal: NodeJS.Signals): Promise<void> {
    if (this.#child?.kill(signal) === true && (signal === 'SIGSTOP' || signal === 'SIGCONT')) {
      this.#asleep = signal === 'SIGSTOP';
    }
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await this.#ended;
  }

  /** Ends the process for good: SIGTERM, and after `graceMs` milliseconds SIGKILL. Resolves when it has ended. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    await this.#end(graceMs);
  }

  /** Ends the process as `stop` does; it may be started again, and is not unless `start` is called. */
  async hold(graceMs: number): Promise<void> {
    this.#held = true;
    await this.#end(graceMs);
  }

  async #end(graceMs: number): Promise<void> {
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child === undefined) return;
    const timer = setTimeout(() => {
      this.#options.log(`${this.name} did not end within ${graceMs} ms: killed`);
      child.kill('SIGKILL');
    }, graceMs);
    // A second one would be taken for the wish to have it end at once.
    if (this.#leaving !== child) child.kill('SIGTERM');
    this.#leaving = child;
    // A stopped process (SIGSTOP) would sleep through its SIGTERM.
    child.kill('SIGCONT');
    await this.#ended;
    clearTimeout(timer);
  }

  /** Starts it once. Resolves with undefined when it is ready, or with how it ended or failed before. */
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
