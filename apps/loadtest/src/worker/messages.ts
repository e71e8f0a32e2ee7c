import type { Counts } from '../accounting/counts.js';
import type { ConnectionReport } from '../measure/connections.js';
import type { StageReport } from '../measure/measurements.js';
import type { SelfReport } from '../measure/self-watch.js';
import type { Mode, TransportShare } from '../options/options.js';

/** What a worker has to know of the run. Every worker works out the same rooms and clients, and owns its part of them. */
export interface WorkerPlan {
  readonly run: string;
  readonly url: string;
  readonly mode: Mode;
  /** Clients and rooms of the whole run, at the end of a ramp. */
  readonly clients: number;
  readonly rooms: number;
  /** Given: clients fill one room after another. Undefined: they are dealt to the rooms in turn. */
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

/** Times are milliseconds since 1970, of the one clock of this machine. */
export type ToWorker =
  | { readonly type: 'plan'; readonly plan: WorkerPlan }
  /** Connect the clients below `upTo` that are not yet: one after another, so many a second over all workers. */
  | { readonly type: 'connect'; readonly upTo: number; readonly arrival: number; readonly at: number }
  /** Send in the rooms of the first `clients`; messages planned before `measureAt` warm up and are not measured. */
  | {
      readonly type: 'stage';
      readonly clients: number;
      readonly at: number;
      readonly measureAt: number;
      readonly until: number;
    }
  /** Send nothing more, settle what is under way. */
  | { readonly type: 'stop' }
  /** Settle everything now, and report. */
  | { readonly type: 'report' }
  | { readonly type: 'leave' };

/** What happened in one second of one worker. */
export interface Pulse {
  readonly type: 'pulse';
  /** Whole seconds since 1970. */
  readonly second: number;
  readonly online: number;
  readonly started: number;
  /** Of the stage, from its beginning. */
  readonly counts: Counts;
  /** Deliveries that are due and not here yet. */
  readonly outstanding: number;
  readonly disconnects: number;
  readonly failures: number;
  /** Times from the planned send of this second's deliveries: what `Times` of 2 digits calls cells. */
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
  /** Clients that are online, by node. */
  readonly nodes: Readonly<Record<string, number>>;
}

export type FromWorker =
  /** All clients that were to connect are in their rooms. */
  | { readonly type: 'arrived'; readonly upTo: number }
  /** The last message of the stage is sent. */
  | { readonly type: 'sent' }
  | Pulse
  | WorkerReport;
