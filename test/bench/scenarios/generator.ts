import { once } from 'node:events';
import type { Answer, Figures, Job } from '../load/job.js';
import type { Forked } from '../process/launch.js';
import { launchFork, programFile } from '../process/launch.js';

/** Milliseconds that a job may take besides warm-up and window, for example to open and close connections. */
const PATIENCE = 60_000;

/** The load generator in its own process, which is replaced after a failure. */
export class Generator {
  #forked: Forked | undefined;

  /** Runs the job. Rejects with its error, at the latest a minute after the window should have ended. */
  async work(job: Job): Promise<Figures> {
    this.#forked ??= await launchFork(programFile('generator'));
    const { child } = this.#forked;
    const patience = new AbortController();
    const { signal } = patience;
    const timer = setTimeout(() => patience.abort(), job.clock.warmUp + job.clock.window + PATIENCE);
    try {
      const answered = once(child, 'message', { signal }) as Promise<[Answer]>;
      const gone = once(child, 'exit', { signal }).then(() => {
        throw new Error('the load generator exited');
      });
      gone.catch(() => undefined);
      child.send(job);
      const [answer] = await Promise.race([answered, gone]);
      if ('error' in answer) throw new Error(answer.error);
      return answer.figures;
    } catch (error) {
      await this.stop();
      throw error instanceof Error && error.name === 'AbortError' ? new Error('not done in time') : error;
    } finally {
      clearTimeout(timer);
      // Removes the listeners that have not been called.
      patience.abort();
    }
  }

  async stop(): Promise<void> {
    const forked = this.#forked;
    this.#forked = undefined;
    await forked?.stop();
  }
}
