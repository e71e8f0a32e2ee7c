import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { countRooms } from '../load/rooms.js';
import type { NodeAction, Options } from '../options/options.js';
import { combine } from '../report/combine.js';
import { describeEnvironment } from '../report/environment.js';
import type { Progress, Second } from '../report/live.js';
import type { ActionResult, Phase, Result, SeriesPoint, StageResult } from '../report/result.js';
import { Admin } from './admin.js';
import { Crew } from './crew.js';
import { concludeRun, kneeOf, outcomeOfStage } from './outcome.js';
import { preflight, readLimits } from './preflight.js';
import { probe } from './probe.js';
import { RunFailure } from './run-failure.js';

/** Milliseconds in which clients must arrive after the last one began to connect. */
const ARRIVE_MS = 20_000;
/** Milliseconds after the end in which a worker may still send its planned messages. */
const CATCH_UP_MS = 10_000;
/** Milliseconds after which an order has certainly reached every worker. */
const BRIEFING_MS = 100;

/**
 * Runs the load that `options` ask for.
 *
 * @param signal ends the run early, with the measurements so far as the result. Its reason is the name of the cause.
 * @throws RunFailure when the run cannot begin; later failures are in the result
 */
export async function run(options: Options, progress: Progress, signal: AbortSignal): Promise<Result> {
  const id = randomBytes(4).toString('hex');
  const [obstacle] = preflight(options, readLimits());
  if (obstacle !== undefined) throw new RunFailure(obstacle);
  await probe(options, id);
  const admin = options.admin === undefined ? undefined : new Admin(options.admin);
  await admin?.check(options.actions);
  return new Run(options, id, progress, signal, admin).go();
}

class Run {
  readonly #options: Options;
  readonly #id: string;
  readonly #progress: Progress;
  readonly #signal: AbortSignal;
  readonly #admin: Admin | undefined;
  readonly #crew: Crew;
  readonly #startedAt = Date.now();
  readonly #series: SeriesPoint[] = [];
  readonly #actions: ActionResult[] = [];
  /** Resolves when the run was aborted or a worker was lost. Never rejects. */
  readonly #over: Promise<void>;
  #phase: Phase = 'connecting';
  #clients = 0;
  #sentBefore = 0;

  constructor(options: Options, id: string, progress: Progress, signal: AbortSignal, admin: Admin | undefined) {
    this.#options = options;
    this.#id = id;
    this.#progress = progress;
    this.#signal = signal;
    this.#admin = admin;
    const rooms = countRooms(options.clients, options.rooms, options.roomSize);
    const { clients, localAddresses, mode, rate, roomSize, seed, settleMs, size, stock, transports, url } = options;
    this.#crew = new Crew(
      { run: id, url, mode, clients, rooms, roomSize, rate, size, settleMs, transports, localAddresses, stock, seed },
      // All clients of a room are in one process: further processes would have nothing to do.
      Math.min(options.workers, rooms),
    );
    this.#crew.onSecond = (second) => this.#second(second);
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    this.#over = Promise.race([aborted, this.#crew.loss()]);
  }

  async go(): Promise<Result> {
    const { ramp } = this.#options;
    try {
      const stages = ramp === undefined ? [await this.#stage(this.#options.clients)] : await this.#climb();
      return this.#result(stages);
    } finally {
      await this.#crew.leave();
    }
  }

  get #isOver(): boolean {
    return this.#signal.aborted || this.#crew.lost > 0;
  }

  /** Runs the steps of a ramp until one does not pass. */
  async #climb(): Promise<StageResult[]> {
    const { ramp } = this.#options;
    const stages: StageResult[] = [];
    if (ramp === undefined) return stages;
    for (let clients = ramp.from; ; clients = Math.min(clients + ramp.by, ramp.to)) {
      const stage = await this.#stage(clients);
      stages.push(stage);
      const { reasons } = outcomeOfStage(stage);
      this.#progress.note(`step of ${clients} clients: ${reasons[0] ?? 'holds'}`);
      if (reasons.length > 0 || clients >= ramp.to || this.#isOver) return stages;
    }
  }

  async #stage(clients: number): Promise<StageResult> {
    const { arrival, ramp, settleMs, stepMs, warmupMs } = this.#options;
    const durationMs = ramp === undefined ? this.#options.durationMs : stepMs;
    const arrived = await this.#connect(clients, arrival);
    if (this.#isOver || (!arrived && this.#crew.online === 0)) return this.#report(clients, 0);

    const at = epochNow() + BRIEFING_MS;
    const measureAt = at + warmupMs;
    const until = measureAt + durationMs;
    this.#phase = 'warming up';
    this.#sentBefore = 0;
    const sent = this.#crew.ask('sent', { type: 'stage', clients, at, measureAt, until });
    await this.#waitUntil(measureAt);
    this.#phase = 'measuring';
    const acting = Promise.all(this.#options.actions.map((action) => this.#act(action, measureAt)));
    await this.#waitUntil(until);
    const measuredMs = this.#isOver ? Math.min(durationMs, Math.max(0, epochNow() - measureAt)) : durationMs;
    // A late worker still sends its planned messages: late sends are measured, not left out.
    await this.#unlessOver(sent, CATCH_UP_MS);
    this.#crew.send({ type: 'stop' });
    this.#phase = 'settling';
    await acting;
    await this.#settle(settleMs);
    return this.#report(clients, measuredMs);
  }

  /** Resolves with true when all clients are in their rooms, or with false when that takes too long. */
  async #connect(clients: number, arrival: number): Promise<boolean> {
    this.#phase = 'connecting';
    const at = epochNow() + BRIEFING_MS;
    const arrivalMs = ((clients - this.#clients) / arrival) * 1_000;
    this.#clients = clients;
    const arrived = this.#crew.ask(
      'arrived',
      { type: 'connect', upTo: clients, arrival, at },
      (answer) => answer.upTo === clients,
    );
    return this.#unlessOver(arrived, arrivalMs + ARRIVE_MS);
  }

  /** Waits until all messages are settled. A step of a ramp waits only until no delivery is outstanding. */
  async #settle(settleMs: number): Promise<void> {
    if (this.#crew.lost > 0) return;
    const end = epochNow() + settleMs + 300;
    while (epochNow() < end && this.#crew.lost === 0) {
      await sleep(Math.min(1_100, end - epochNow()));
      if (this.#options.ramp !== undefined && this.#crew.outstanding === 0) return;
    }
  }

  async #act(action: NodeAction, measureAt: number): Promise<void> {
    if (this.#admin === undefined) return;
    await this.#waitUntil(measureAt + action.atMs);
    if (this.#isOver) return;
    const askedMs = epochNow() - measureAt;
    const error = await this.#admin.act(action);
    this.#actions.push({ ...action, askedMs, error });
    this.#progress.note(`${action.verb} ${action.node}: ${error ?? 'done'}`);
  }

  /** Resolves with true when `awaited` resolves in time, or with false when the run or the time is over. */
  async #unlessOver(awaited: Promise<unknown>, withinMs: number): Promise<boolean> {
    const waiting = new AbortController();
    const came = await Promise.race([
      awaited.then(() => true),
      this.#over.then(() => false),
      sleep(withinMs, false, { signal: waiting.signal }),
    ]);
    waiting.abort();
    return came;
  }

  async #waitUntil(epochMs: number): Promise<void> {
    const waiting = new AbortController();
    await Promise.race([sleep(epochMs - epochNow(), undefined, { signal: waiting.signal }), this.#over]);
    waiting.abort();
  }

  async #report(clients: number, measuredMs: number): Promise<StageResult> {
    const { assertions, rooms, roomSize } = this.#options;
    const reports = await this.#crew.report();
    return combine(reports, { clients, rooms: countRooms(clients, rooms, roomSize), measuredMs, assertions });
  }

  #second(second: Second): void {
    const { counts, cpuPercent, deliveries, max, online, p50, p99 } = second;
    const sent = Math.max(0, counts.sent - this.#sentBefore);
    this.#sentBefore = counts.sent;
    const point: SeriesPoint = {
      at: second.second - Math.floor(this.#startedAt / 1_000),
      phase: this.#phase,
      clients: this.#clients,
      online,
      sent,
      deliveries,
      missing: counts.missingOnline + counts.missingOffline,
      ...(p50 === undefined || p99 === undefined || max === undefined ? {} : { p50, p99, max }),
      cpuPercent,
    };
    this.#series.push(point);
    this.#progress.second(second, point);
  }

  #result(stages: readonly StageResult[]): Result {
    const options = this.#options;
    const early = this.#signal.aborted ? { endedEarly: String(this.#signal.reason) } : {};
    const knee = options.ramp === undefined ? undefined : kneeOf(stages);
    const stage = stages.find((one) => one.clients === knee?.clients) ?? stages.at(-1);
    if (stage === undefined) throw new RunFailure('no step was begun');
    return {
      format: 'pinwheel-load',
      version: 1,
      run: this.#id,
      startedAt: new Date(this.#startedAt).toISOString(),
      ...early,
      outcome: concludeRun({ stages, ramp: options.ramp, actions: this.#actions, lostWorkers: this.#crew.lost }),
      environment: describeEnvironment(),
      options,
      stage,
      ...(knee === undefined ? {} : { steps: stages, knee }),
      series: this.#series,
      actions: this.#actions,
    };
  }
}

/** Milliseconds since 1970, on the clock that all processes of this machine share. */
function epochNow(): number {
  return performance.timeOrigin + performance.now();
}
