import type { Counts } from '../accounting/counts.js';
import type { Figures } from '../measure/histogram.js';
import type { PathReport } from '../measure/measurements.js';
import type { Verdict } from '../options/assertion.js';
import type { NodeAction, Options } from '../options/options.js';
import type { Environment } from './environment.js';

/** What a run came to. Everything in it can be written as JSON; times are milliseconds. */
export interface Result {
  readonly format: 'pinwheel-load';
  /** Goes up when a reader of the format has to change. */
  readonly version: 1;
  readonly run: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Set when the run was ended before its time: by whom. */
  readonly endedEarly?: string;
  readonly outcome: Outcome;
  readonly environment: Environment;
  readonly options: Options;
  /** The run; of a ramp the knee, or the last step when none held. */
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
  /** Why it is no pass, a line each. */
  readonly reasons: readonly string[];
}

/** Where a ramp ended. */
export interface Knee {
  /** Clients of the last step that met every assertion; 0 when none did. */
  readonly clients: number;
  /** Why the step after it did not count; absent when the ramp came to its end. */
  readonly stoppedBy?: string;
}

/** One second of the run. */
export interface SeriesPoint {
  /** Seconds since the run began. */
  readonly at: number;
  readonly phase: Phase;
  /** Clients of the step it belongs to. */
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
  /** How long was measured. */
  readonly measuredMs: number;
  readonly counts: Counts;
  readonly missing: number;
  /** From the planned send. */
  readonly latency: TimesResult;
  /** From the actual send. */
  readonly sendLatency: TimesResult;
  readonly sentPerSecond: number;
  readonly deliveriesPerSecond: number;
  readonly nodes: readonly NodeResult[];
  /** Clients of the fullest node by the mean of all; 1 is even. */
  readonly skew: number;
  readonly paths: readonly PathResult[];
  readonly connect: ConnectResult;
  readonly churn: ChurnResult;
  readonly generator: GeneratorResult;
  readonly verdicts: readonly Verdict[];
}

export interface NodeResult {
  readonly name: string;
  /** Clients that are on it at the end. */
  readonly clients: number;
  /** Messages of its clients, deliveries to its clients. */
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
  /** Attempts to come back that failed. */
  readonly failures: Readonly<Record<string, number>>;
  /** Clients that were online once and are not now. */
  readonly neverReturned: number;
}

export interface GeneratorResult {
  readonly workers: readonly WorkerResult[];
  /** CPU of all workers per message sent or delivered, in microseconds. */
  readonly cpuMicrosPerMessage: number | undefined;
  /** Resident memory of all workers per client that was started. */
  readonly rssBytesPerClient: number;
  /** Why the generator was the bottleneck; none when it was not. */
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
