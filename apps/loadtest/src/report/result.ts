import type { Counts } from '../accounting/counts.js';
import type { Figures } from '../measure/histogram.js';
import type { PathReport } from '../measure/measurements.js';
import type { Verdict } from '../options/assertion.js';
import type { NodeAction, Options } from '../options/options.js';
import type { Environment } from './environment.js';

/** The result of a run, as `--json` writes it. Times are milliseconds. */
export interface Result {
  readonly format: 'pinwheel-load';
  /** Increases when readers of the format have to change. */
  readonly version: 1;
  readonly run: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** The cause that ended the run early, such as `Ctrl-C`; absent otherwise. */
  readonly endedEarly?: string;
  readonly outcome: Outcome;
  readonly environment: Environment;
  readonly options: Options;
  /** The stage of the run; in a ramp the knee, or the last step when no step passed. */
  readonly stage: StageResult;
  /** The steps of a ramp, in order. */
  readonly steps?: readonly StageResult[];
  readonly knee?: Knee;
  readonly series: readonly SeriesPoint[];
  readonly actions: readonly ActionResult[];
}

/** An action on a node, and how the admin listener answered. */
export interface ActionResult extends NodeAction {
  /** Milliseconds after measuring began at which the request was made. */
  readonly askedMs: number;
  /** Undefined when the action was done. */
  readonly error: string | undefined;
}

export interface Outcome {
  readonly state: 'pass' | 'failed' | 'invalid' | 'assertion';
  readonly exitCode: 0 | 1 | 3 | 99;
  /** The reasons why the run did not pass, one line each. */
  readonly reasons: readonly string[];
}

/** The end of a ramp. */
export interface Knee {
  /** Clients of the last step that passed; 0 when no step passed. */
  readonly clients: number;
  /** Why the next step did not pass; absent when the ramp reached its end. */
  readonly stoppedBy?: string;
}

/** One second of the run. */
export interface SeriesPoint {
  /** Seconds since the run began. */
  readonly at: number;
  readonly phase: Phase;
  /** Clients of the current step. */
  readonly clients: number;
  readonly online: number;
  readonly sent: number;
  readonly deliveries: number;
  readonly missing: number;
  readonly p50?: number;
  readonly p99?: number;
  readonly max?: number;
  readonly cpuPercent: number;
}

export type Phase = 'connecting' | 'warming up' | 'measuring' | 'settling';

export interface TimesResult extends Figures {
  /** HdrHistogram of microseconds, V2, compressed, base64. */
  readonly histogram: string;
}

export interface StageResult {
  readonly clients: number;
  readonly rooms: number;
  /** Milliseconds that were measured. */
  readonly measuredMs: number;
  readonly counts: Counts;
  readonly missing: number;
  /** Times from the planned send. */
  readonly latency: TimesResult;
  /** Times from the actual send. */
  readonly sendLatency: TimesResult;
  readonly sentPerSecond: number;
  readonly deliveriesPerSecond: number;
  readonly nodes: readonly NodeResult[];
  /** Clients of the node with the most clients, divided by the mean; 1 is even. */
  readonly skew: number;
  readonly paths: readonly PathResult[];
  readonly connect: ConnectResult;
  readonly churn: ChurnResult;
  readonly generator: GeneratorResult;
  readonly verdicts: readonly Verdict[];
}

export interface NodeResult {
  readonly name: string;
  /** Clients of the node at the end. */
  readonly clients: number;
  /** Messages from its clients, and deliveries to its clients. */
  readonly messages: number;
  readonly deliveries: number;
}

export interface PathResult extends Omit<PathReport, 'latency'> {
  readonly latency: Figures;
}

/** Counted from the beginning of the run. */
export interface ConnectResult {
  readonly started: number;
  readonly everOnline: number;
  readonly neverOnline: number;
  readonly pollingHandshake: TimesResult;
  readonly websocketHandshake: TimesResult;
  readonly connect: TimesResult;
  readonly upgrade: TimesResult;
  readonly failures: Readonly<Record<string, number>>;
}

/** Counted from the beginning of the run. */
export interface ChurnResult {
  readonly online: number;
  readonly disconnects: number;
  readonly reasons: Readonly<Record<string, number>>;
  readonly reconnects: number;
  readonly reconnect: TimesResult;
  /** Failed attempts to reconnect, by cause. */
  readonly failures: Readonly<Record<string, number>>;
  /** Clients that were online once and are offline at the end. */
  readonly neverReturned: number;
}

export interface GeneratorResult {
  readonly workers: readonly WorkerResult[];
  /** CPU of all workers per message sent or delivered, in microseconds. */
  readonly cpuMicrosPerMessage: number | undefined;
  /** Resident memory of all workers per client that was started. */
  readonly rssBytesPerClient: number;
  /** The reasons why the generator was the bottleneck; empty when it was not. */
  readonly invalid: readonly string[];
}

export interface WorkerResult {
  readonly cpuPercent: number;
  readonly cpuMs: number;
  readonly cpuTotalMs: number;
  readonly rssBytes: number;
  readonly lagP50: number;
  readonly lagP99: number;
  readonly lagMax: number;
  readonly loopDelayP99: number;
  readonly loopDelayMax: number;
}
