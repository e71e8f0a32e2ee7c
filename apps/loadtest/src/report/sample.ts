import { readOptions } from '../options/read-options.js';
import { Times } from '../measure/histogram.js';
import { Measurements } from '../measure/measurements.js';
import type { Options } from '../options/options.js';
import type { WorkerReport } from '../worker/messages.js';
import { combine } from './combine.js';
import type { Result, StageResult } from './result.js';

/** The deviations of a sample from a run without faults. */
export interface Sample {
  readonly clients?: number;
  /** The time of every delivery, in milliseconds. */
  readonly latency?: number;
  readonly missing?: number;
  readonly lagMs?: number;
  readonly cpuPercent?: number;
  readonly online?: number;
  readonly everOnline?: number;
  readonly assertions?: readonly string[];
}

function optionsOf(assertions: readonly string[]): Options {
  const command = readOptions(['http://127.0.0.1:3102', ...(assertions.length > 0 ? ['--assert', ...assertions] : [])]);
  if (command.kind !== 'run') throw new Error('expected a run');
  return command.options;
}

const empty = new Times().encode();

/** The report of one worker with 100 deliveries, from Server1 to Server2; for tests. */
export function sampleReport(sample: Sample = {}): WorkerReport {
  const books = new Measurements(new Times(2));
  const missing = sample.missing ?? 0;
  Object.assign(books.counts, {
    scheduled: 100,
    sent: 100,
    expected: 100,
    received: 100 - missing,
    missingOnline: missing,
  });
  books.due(0, 1, 100);
  for (let count = 0; count < 100 - missing; count++) books.delivered(0, 1, sample.latency ?? 5, sample.latency ?? 5);
  for (let count = 0; count < missing; count++) books.missing(0, 1);
  const lag = new Times();
  lag.record(sample.lagMs ?? 1);
  const clients = sample.clients ?? 10;
  return {
    type: 'report',
    stage: books.report(['Server1', 'Server2']),
    connections: {
      pollingHandshake: empty,
      websocketHandshake: empty,
      connect: empty,
      upgrade: empty,
      reconnect: empty,
      started: clients,
      everOnline: sample.everOnline ?? clients,
      online: sample.online ?? clients,
      disconnects: 0,
      reconnects: 0,
      connectFailures: sample.everOnline === 0 ? { 'websocket: 502': 3 } : {},
      reconnectFailures: {},
      disconnectReasons: {},
    },
    self: {
      cpuPercent: sample.cpuPercent ?? 20,
      cpuMs: 100,
      cpuTotalMs: 200,
      rssBytes: 50_000_000,
      lag: lag.encode(),
      loopDelayP99: 1,
      loopDelayMax: 2,
    },
    nodes: { Server1: clients / 2, Server2: clients / 2 },
  };
}

export function sampleStage(sample: Sample = {}): StageResult {
  const { assertions } = optionsOf(sample.assertions ?? []);
  const clients = sample.clients ?? 10;
  return combine([sampleReport(sample)], { clients, rooms: 2, measuredMs: 10_000, assertions });
}

export function sampleResult(sample: Sample = {}): Result {
  return {
    format: 'pinwheel-load',
    version: 1,
    run: '00c0ffee',
    startedAt: '2026-01-01T00:00:00.000Z',
    outcome: { state: 'pass', exitCode: 0, reasons: [] },
    environment: {
      host: 'here',
      cpu: 'one',
      cpus: 2,
      memoryBytes: 1e9,
      system: 'Linux',
      node: 'v20',
      loadtest: '0.1.0',
      socketIoClient: '4.8.4',
    },
    options: optionsOf(sample.assertions ?? []),
    stage: sampleStage(sample),
    series: [],
    actions: [],
  };
}
