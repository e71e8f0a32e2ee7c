import type { Counts } from '../accounting/counts.js';
import type { ConnectionReport } from '../measure/connections.js';
import type { StageReport } from '../measure/measurements.js';
import type { SelfReport } from '../measure/self-watch.js';
import type { Mode, TransportShare } from '../options/options.js';

/** The part of the options that a worker needs. Every worker derives the same rooms and clients and owns a part of them. */
export interface WorkerPlan {
  readonly run: string;
  readonly url: string;
  readonly mode: Mode;
  /** Clients and rooms of the whole run, in a ramp those of its end. */
  readonly clients: number;
  readonly rooms: number;
  /** Clients per room, which fill one room after another. Undefined: clients join the rooms in turn. */
  readonly roomSize: number | undefined;
  readonly rate: number;
  readonly size: number;
  readonly settleMs: number;
  readonly transports: readonly TransportShare[];
  readonly localAddresses: readonly string[];
  /** Clients with the library's own WebSocket and decoder. */
  readonly stock: boolean;
  readonly seed: number;
  readonly worker: number;
  readonly workers: number;
}

/** Messages to a worker. Times are milliseconds since 1970, on the clock that all processes of this machine share. */
export type ToWorker =
  | { readonly type: 'plan'; readonly plan: WorkerPlan }
  /** Connect the remaining clients below `upTo`, `arrival` clients a second over all workers. */
  | { readonly type: 'connect'; readonly upTo: number; readonly arrival: number; readonly at: number }
  /** Send in the rooms of the first `clients`. Messages that are planned before `measureAt` are not measured. */
  | {
      readonly type: 'stage';
      readonly clients: number;
      readonly at: number;
      readonly measureAt: number;
      readonly until: number;
    }
  /** Stop sending, and settle the messages in flight. */
  | { readonly type: 'stop' }
  /** Settle all messages now, and report. */
  | { readonly type: 'report' }
  | { readonly type: 'leave' };

/** One second of one worker. */
export interface Pulse {
  readonly type: 'pulse';
  /** Whole seconds since 1970. */
  readonly second: number;
  readonly online: number;
  readonly started: number;
  /** Counted from the beginning of the stage. */
  readonly counts: Counts;
  /** Deliveries that are due and have not arrived. */
  readonly outstanding: number;
  readonly disconnects: number;
  readonly failures: number;
  /** Times of this second's deliveries from the planned send, as cells of `Times` with 2 digits. */
  readonly latency: Uint32Array;
  readonly nodes: Readonly<Record<string, number>>;
  readonly cpuPercent: number;
  readonly rssBytes: number;
}

export interface WorkerReport {
  readonly type: 'report';
  readonly stage: StageReport;
  readonly connections: ConnectionReport;
  readonly self: SelfReport;
  /** Number of clients online, by node. */
  readonly nodes: Readonly<Record<string, number>>;
}

export type FromWorker =
  /** All clients that were ordered to connect are in their rooms. */
  | { readonly type: 'arrived'; readonly upTo: number }
  /** The last message of the stage is sent. */
  | { readonly type: 'sent' }
  | Pulse
  | WorkerReport;
