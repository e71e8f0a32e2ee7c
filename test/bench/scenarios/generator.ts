import { once } from 'node:events';
import type { Answer, Figures, Job } from '../load/job.js';
import type { Forked } from '../process/launch.js';
import { launchFork, programFile } from '../process/launch.js';

/** Milliseconds for opening, closing and everything else outside warm-up and window. */
const PATIENCE = 60_000;

/** The load generator in a process of its own; a new one after a failure. */
export class Generator {
  #forked: Forked | undefined;

  /** Has the job done. Rejects with what went wrong, at the latest a minute after the window should have ended. */
  async work(job: Job): Promise<Figures> {
    this.#forked ??= await launchFork(programFile('generator'));
    const { child } = this.#forked;
    const patience = new AbortController();
    const { signal } = patience;
    const timer = setTimeout(() => patience.abort(), job.clock.warmUp + job.clock.window + PATIENCE);
    try {
      const answered = once(child, 'message', { signal }) as Promise<[Answer]>;
      const gone = once(child, 'exit', { signal }).then(() => {
        throw new Error('the load generator ended');
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
      // Takes the listeners that were not called away.
      patience.abort();
    }
  }

  async stop(): Promise<void> {
    const forked = this.#forked;
    this.#forked = undefined;
    await forked?.stop();
  }
}
