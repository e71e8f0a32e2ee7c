import type { Contender, Running } from '../contenders/contender.js';
import type { Backends } from './backends.js';

/** Backends and the contenders in front of them, started when they are first needed. */
export class Stage {
  readonly #start: () => Promise<Backends>;
  readonly #running = new Map<Contender, Running>();
  #backends: Promise<Backends> | undefined;

  constructor(start: () => Promise<Backends>) {
    this.#start = start;
  }

  /** The processes behind a contender. */
  async backendsOf(running: Running): Promise<readonly number[]> {
    return running.backends ?? (await this.#given()).all.map(({ pid }) => pid);
  }

  /** Returns a running contender, which serves until `leave` or `drop`. */
  async enter(contender: Contender): Promise<Running> {
    const known = this.#running.get(contender);
    if (known !== undefined) return known;
    const running = await contender.start((await this.#given()).all);
    this.#running.set(contender, running);
    return running;
  }

  /** Stops a contender, which restarts when it is needed again. */
  async drop(contender: Contender): Promise<void> {
    const running = this.#running.get(contender);
    this.#running.delete(contender);
    await running?.stop();
  }

  /** Stops everything. */
  async leave(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((contender) => this.drop(contender)));
    const backends = this.#backends;
    this.#backends = undefined;
    await (await backends)?.stop();
  }

  #given(): Promise<Backends> {
    this.#backends ??= this.#start();
    return this.#backends;
  }
}

/** The stages by the function that starts their backends; scenarios with the same backends share one. */
export class Stages {
  readonly #stages = new Map<() => Promise<Backends>, Stage>();

  of(start: () => Promise<Backends>): Stage {
    const stage = this.#stages.get(start) ?? new Stage(start);
    this.#stages.set(start, stage);
    return stage;
  }

  async leave(): Promise<void> {
    for (const stage of this.#stages.values()) await stage.leave();
    this.#stages.clear();
  }
}
