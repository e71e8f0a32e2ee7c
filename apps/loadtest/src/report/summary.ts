import type { Figures } from '../measure/histogram.js';
import { showTime } from '@pinwheel/cli';
import { showBytes, showMs, showValue, table } from './format.js';
import type { PathResult, Result, StageResult } from './result.js';

/** The most nodes for which the matrix is printed; with more it is only in the JSON and the HTML. */
const MATRIX_MAX = 8;

/** The result of a run as lines of plain text. */
export function summarize(result: Result): string[] {
  const { options, stage } = result;
  return [
    `${options.url}: ${showValue(stage.clients)} clients in ${showValue(stage.rooms)} rooms, ${options.mode === 'echo' ? 'echo' : 'room messages'} of ${options.size} bytes, ${showValue(options.rate)}/s per room, ${options.transports.map(({ transport, weight }) => (options.transports.length > 1 ? `${transport}:${weight}` : transport)).join(',')}, measured ${showTime(Math.round(stage.measuredMs))}${result.endedEarly === undefined ? '' : `, ended early by ${result.endedEarly}`}`,
    '',
    ...deliveryLines(stage),
    '',
    ...timeLines(stage),
    '',
    ...nodeLines(stage),
    ...churnLines(stage),
    ...result.actions.map(
      (action) => `${action.verb} ${action.node} at ${showMs(action.askedMs)}: ${action.error ?? 'done'}`,
    ),
    ...generatorLines(stage),
    ...rampLines(result),
    '',
    ...stage.verdicts.map(
      ({ got, holds, text }) =>
        `${holds ? 'holds' : 'FAILS'}  ${text}  (${got === undefined ? 'nothing measured' : showValue(got)})`,
    ),
    verdictLine(result),
    ...result.outcome.reasons.map((reason) => `  ${reason}`),
  ];
}

function verdictLine({ outcome }: Result): string {
  const words = {
    pass: 'PASS',
    failed: 'FAILED',
    invalid: 'INVALID: the generator was the bottleneck',
    assertion: 'FAILED: an assertion does not hold',
  };
  return `${words[outcome.state]} (exit ${outcome.exitCode})`;
}

function deliveryLines(stage: StageResult): string[] {
  const { counts } = stage;
  return table([
    [
      'messages',
      `scheduled ${showValue(counts.scheduled)}`,
      `sent ${showValue(counts.sent)}`,
      `unsent ${showValue(counts.unsent)}`,
      `${showValue(stage.sentPerSecond)}/s`,
    ],
    [
      'deliveries',
      `expected ${showValue(counts.expected)}`,
      `received ${showValue(counts.received)}`,
      `late ${showValue(counts.late)}`,
      `${showValue(stage.deliveriesPerSecond)}/s`,
    ],
    [
      '',
      `missing ${showValue(stage.missing)}`,
      `duplicated ${showValue(counts.duplicated)}`,
      `out of order ${showValue(counts.outOfOrder)}`,
      `unexpected ${showValue(counts.unexpected)}`,
    ],
  ]).concat(
    stage.missing === 0
      ? []
      : `            recipient offline ${showValue(counts.missingOffline)}, online ${showValue(counts.missingOnline)} (of these from a sender that was cut off after sending: ${showValue(counts.missingSenderCut)})`,
  );
}

function timeLines(stage: StageResult): string[] {
  const row = (name: string, times: Figures): string[] => [
    name,
    ...[times.p50, times.p90, times.p99, times.p999, times.max].map(showMs),
  ];
  const { connect } = stage;
  const rows = [
    ['', 'p50', 'p90', 'p99', 'p99.9', 'max'],
    row('latency from the planned send', stage.latency),
    row('latency from the actual send', stage.sendLatency),
  ];
  if (connect.pollingHandshake.count > 0) rows.push(row('polling handshake', connect.pollingHandshake));
  if (connect.websocketHandshake.count > 0) rows.push(row('websocket handshake', connect.websocketHandshake));
  rows.push(row('Socket.IO connect', connect.connect));
  if (connect.upgrade.count > 0) rows.push(row('upgrade', connect.upgrade));
  if (stage.churn.reconnect.count > 0) rows.push(row('time to reconnect', stage.churn.reconnect));
  return table(rows);
}

function nodeLines(stage: StageResult): string[] {
  if (stage.nodes.length === 0) return [];
  const lines = table([
    ['node', 'clients', 'messages', 'deliveries'],
    ...stage.nodes.map((node) => [
      node.name,
      showValue(node.clients),
      showValue(node.messages),
      showValue(node.deliveries),
    ]),
  ]);
  lines.push(`skew (fullest node / mean): ${showValue(stage.skew)}`);
  if (stage.nodes.length > 1 && stage.nodes.length <= MATRIX_MAX) lines.push('', ...matrixLines(stage));
  return lines;
}

function matrixLines(stage: StageResult): string[] {
  const names = stage.nodes.map((node) => node.name);
  const path = (from: string, to: string): PathResult | undefined =>
    stage.paths.find((one) => one.from === from && one.to === to);
  return table([
    ['p99 (missing), from / to', ...names],
    ...names.map((from) => [from, ...names.map((to) => cellText(path(from, to)))]),
  ]);
}

function cellText(path: PathResult | undefined): string {
  if (path === undefined) return '-';
  return `${showMs(path.latency.p99)} (${showValue(path.missing)})`;
}

function churnLines({ churn, connect }: StageResult): string[] {
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${showValue(count)}`)
      .join(', ');
  const lines = [
    `clients: ${showValue(connect.started)} started, ${showValue(connect.neverOnline)} never online, ${showValue(churn.disconnects)} disconnects, ${showValue(churn.reconnects)} reconnects, ${showValue(churn.neverReturned)} never returned`,
  ];
  if (churn.disconnects > 0) lines.push(`  disconnected: ${list(churn.reasons)}`);
  const failures = { ...connect.failures };
  if (Object.keys(failures).length > 0) lines.push(`  failed to connect: ${list(failures)}`);
  if (Object.keys(churn.failures).length > 0) lines.push(`  failed to reconnect: ${list(churn.failures)}`);
  return lines;
}

function generatorLines({ generator }: StageResult): string[] {
  const { cpuMicrosPerMessage, rssBytesPerClient, workers } = generator;
  const list = (of: (worker: (typeof workers)[number]) => string): string => workers.map(of).join(' / ');
  return [
    `generator: CPU ${list((one) => `${one.cpuPercent.toFixed(0)} %`)}, schedule lag p99 ${list((one) => showMs(one.lagP99))}, event loop p99 ${list((one) => showMs(one.loopDelayP99))}, memory ${list((one) => showBytes(one.rssBytes))}` +
      (cpuMicrosPerMessage === undefined
        ? ''
        : `; ${showValue(cpuMicrosPerMessage)} us CPU per message, ${showBytes(rssBytesPerClient)} per client`),
  ];
}

function rampLines({ knee, steps }: Result): string[] {
  if (knee === undefined || steps === undefined) return [];
  return [
    '',
    ...table([
      ['clients', 'deliveries/s', 'p50', 'p99', 'missing', 'duplicated', 'lag p99', ''],
      ...steps.map((step) => [
        showValue(step.clients),
        showValue(step.deliveriesPerSecond),
        showMs(step.latency.p50),
        showMs(step.latency.p99),
        showValue(step.missing),
        showValue(step.counts.duplicated),
        showMs(Math.max(0, ...step.generator.workers.map((worker) => worker.lagP99))),
        step.clients === knee.clients ? 'knee' : '',
      ]),
    ]),
    knee.stoppedBy === undefined
      ? `the ramp ended at ${showValue(knee.clients)} clients with every step holding: the knee is beyond`
      : `the knee: ${showValue(knee.clients)} clients; the next step: ${knee.stoppedBy}`,
  ];
}
