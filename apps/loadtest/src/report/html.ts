import { Times, type Figures } from '../measure/histogram.js';
import { barChart, escape, lineChart } from './chart.js';
import { showBytes, showMs, showValue } from './format.js';
import { STYLE } from './html-style.js';
import type { Result, StageResult } from './result.js';

const STATES = { pass: 'pass', failed: 'failed', invalid: 'invalid', assertion: 'assertion failed' } as const;

/** The result as one HTML page that loads no script, font or picture. */
export function htmlReport(result: Result): string {
  const { options, outcome, stage } = result;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Load on ${escape(options.url)}: ${STATES[outcome.state]}</title><style>${STYLE}</style></head><body>
<h1>Load on ${escape(options.url)} <span class="state ${outcome.state}">${STATES[outcome.state]}</span></h1>
<p class="soft">${escape(sentence(result))}</p>
${outcome.reasons.map((reason) => `<p class="bad">${escape(reason)}</p>`).join('')}
${cards(stage)}
${rampSection(result)}
<h2>Latency</h2>
${timesTable([
  ['from the planned send', stage.latency],
  ['from the actual send', stage.sendLatency],
])}
${overTime(result)}
${percentileCurve(stage)}
<h2>Connect</h2>
${connectSection(stage)}
<h2>Nodes</h2>
${nodeSection(stage)}
<h2>Deliveries</h2>
${deliveryTable(stage)}
${verdictSection(stage)}
<h2>The generator itself</h2>
${generatorTable(stage)}
<p class="soft">${escape(environmentLine(result))}</p>
</body></html>
`;
}

function sentence({ actions, endedEarly, options, stage, startedAt }: Result): string {
  const mix = options.transports.map(({ transport, weight }) => `${transport}:${weight}`).join(',');
  const transports = options.transports.length === 1 ? (options.transports[0]?.transport ?? '') : mix;
  const done = actions.map(
    ({ askedMs, error, node, verb }) => ` ${verb} ${node} at ${showMs(askedMs)}: ${error ?? 'done'}.`,
  );
  return `${startedAt}. ${showValue(stage.clients)} clients in ${showValue(stage.rooms)} rooms, mode ${options.mode}, ${showValue(options.rate)} messages of ${options.size} bytes per room and second, transports ${transports}, measured for ${showMs(stage.measuredMs)}${endedEarly === undefined ? '' : `, ended early by ${endedEarly}`}.${done.join('')}`;
}

function cards(stage: StageResult): string {
  const { counts } = stage;
  const card = (text: string, value: string, bad = false): string =>
    `<div class="card${bad ? ' bad' : ''}"><b>${escape(value)}</b><span>${escape(text)}</span></div>`;
  return `<div class="cards">${[
    card('p50', showMs(stage.latency.p50)),
    card('p99', showMs(stage.latency.p99)),
    card('deliveries/s', showValue(Math.round(stage.deliveriesPerSecond))),
    card('missing', showValue(stage.missing), stage.missing > 0),
    card('duplicated', showValue(counts.duplicated), counts.duplicated > 0),
    card('out of order', showValue(counts.outOfOrder), counts.outOfOrder > 0),
  ].join('')}</div>`;
}

function timesTable(rows: readonly (readonly [string, Figures])[]): string {
  const body = rows.map(
    ([name, times]) =>
      `<tr><th>${escape(name)}</th><td>${showValue(times.count)}</td>${[times.p50, times.p90, times.p99, times.p999, times.max].map((ms) => `<td>${showMs(ms)}</td>`).join('')}</tr>`,
  );
  return `<table><thead><tr><th></th><th>count</th><th>p50</th><th>p90</th><th>p99</th><th>p99.9</th><th>max</th></tr></thead>${body.join('')}</table>`;
}

function overTime({ series }: Result): string {
  const last = series.at(-1)?.at ?? 0;
  const every = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600].find((step) => last / step <= 12) ?? 7_200;
  const ticks = Array.from({ length: Math.floor(last / every) + 1 }, (_, index): [number, string] => [
    index * every,
    `${index * every} s`,
  ]);
  return (
    lineChart({
      title: 'Latency over time, from the planned send',
      unit: ' ms',
      ticks,
      lines: [
        { name: 'p50', colour: 'a', points: series.map((point) => [point.at, point.p50]) },
        { name: 'p99', colour: 'b', points: series.map((point) => [point.at, point.p99]) },
      ],
    }) +
    lineChart({
      title: 'Over time',
      unit: '',
      ticks,
      lines: [
        { name: 'deliveries/s', colour: 'c', points: series.map((point) => [point.at, point.deliveries]) },
        { name: 'clients online', colour: 'd', points: series.map((point) => [point.at, point.online]) },
      ],
    })
  );
}

/** The x axis of percentiles, on which every further nine takes the same width. */
function percentileCurve(stage: StageResult): string {
  const place = (percent: number): number => -Math.log10(1 - percent / 100);
  const percents = Array.from({ length: 81 }, (_, index) => 100 * (1 - 10 ** (-index / 20)));
  const curve = (encoded: string): (readonly [number, number | undefined])[] => {
    const times = new Times(3, encoded);
    // With `count` values, every percentile above 1 - 1/count is the maximum.
    return percents
      .filter((percent) => place(percent) <= Math.log10(Math.max(10, times.count)))
      .map((percent) => [place(percent), times.percentile(percent)]);
  };
  return lineChart({
    title: 'Percentiles',
    unit: ' ms',
    logarithmic: true,
    ticks: [0, 50, 90, 99, 99.9, 99.99].map((percent) => [place(percent), `${percent}%`]),
    lines: [
      { name: 'from the planned send', colour: 'b', points: curve(stage.latency.histogram) },
      { name: 'from the actual send', colour: 'a', points: curve(stage.sendLatency.histogram) },
    ],
  });
}

function connectSection({ churn, connect }: StageResult): string {
  const rows: [string, Figures][] = [
    ['polling handshake', connect.pollingHandshake],
    ['websocket handshake', connect.websocketHandshake],
    ['Socket.IO connect', connect.connect],
    ['upgrade', connect.upgrade],
    ['time to reconnect', churn.reconnect],
  ];
  const measured = rows.filter(([, times]) => times.count > 0);
  const causes = (name: string, counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([cause, count]) => `<p>${name}: ${escape(cause)}, ${showValue(count)}</p>`)
      .join('');
  return `${timesTable(measured)}
${barChart(
  'p99',
  measured.map(([name, times]) => ({ name, value: times.p99 ?? 0, text: showMs(times.p99) })),
)}
<p>${showValue(connect.started)} clients started, ${showValue(connect.neverOnline)} never online; ${showValue(churn.disconnects)} disconnects, ${showValue(churn.reconnects)} reconnects, ${showValue(churn.neverReturned)} never returned.</p>
${causes('failed to connect', connect.failures)}${causes('disconnected', churn.reasons)}${causes('failed to reconnect', churn.failures)}`;
}

function nodeSection(stage: StageResult): string {
  const { nodes, paths, skew } = stage;
  if (nodes.length === 0) return '<p class="none">No node was seen.</p>';
  const bars = barChart(
    `Clients per node (skew, fullest by mean: ${showValue(skew)})`,
    nodes.map((node) => ({
      name: node.name,
      value: node.clients,
      text: `${showValue(node.clients)} clients, ${showValue(node.messages)} messages, ${showValue(node.deliveries)} deliveries`,
    })),
  );
  const worst = Math.max(1e-9, ...paths.map((path) => path.latency.p99 ?? 0));
  const rows = nodes.map(({ name: from }) => {
    const cells = nodes.map(({ name: to }) => {
      const path = paths.find((one) => one.from === from && one.to === to);
      if (path === undefined) return '<td style="--part:0">-</td>';
      const { latency, missing } = path;
      return `<td style="--part:${((latency.p99 ?? 0) / worst).toFixed(2)}">${showMs(latency.p50)} / ${showMs(latency.p99)}<small${missing > 0 ? ' class="bad"' : ''}>${showValue(path.due)} due, ${showValue(missing)} missing</small></td>`;
    });
    return `<tr><th>${escape(from)}</th>${cells.join('')}</tr>`;
  });
  return `${bars}<figure><figcaption>From the sender's node (rows) to the receiver's (columns): p50 / p99</figcaption><div class="wide"><table class="matrix"><thead><tr><th></th>${nodes.map((node) => `<th>${escape(node.name)}</th>`).join('')}</tr></thead>${rows.join('')}</table></div></figure>`;
}

function deliveryTable({ counts, missing }: StageResult): string {
  const rows: [string, number][] = [
    ['messages scheduled', counts.scheduled],
    ['sent', counts.sent],
    ['unsent: the sender was not in its room', counts.unsent],
    ['deliveries expected', counts.expected],
    ['received in time', counts.received],
    ['late', counts.late],
    ['missing', missing],
    ['… recipient lost its connection', counts.missingOffline],
    ['… only the sender lost its connection', counts.missingSenderCut],
    ['… both stayed connected', counts.missingOnline - counts.missingSenderCut],
    ['duplicated', counts.duplicated],
    ['out of order', counts.outOfOrder],
    ['unexpected: joined the room after the send', counts.unexpected],
  ];
  return `<table>${rows.map(([name, count]) => `<tr><th>${name}</th><td>${showValue(count)}</td></tr>`).join('')}</table>`;
}

function verdictSection({ verdicts }: StageResult): string {
  if (verdicts.length === 0) return '';
  const rows = verdicts.map(
    ({ got, holds, text }) =>
      `<tr><th>${escape(text)}</th><td>${got === undefined ? 'nothing measured' : showValue(got)}</td><td class="${holds ? 'good' : 'bad'}">${holds ? 'holds' : 'fails'}</td></tr>`,
  );
  return `<h2>Assertions</h2><table>${rows.join('')}</table>`;
}

function generatorTable({ generator }: StageResult): string {
  const rows = generator.workers.map(
    (worker, index) =>
      `<tr><th>worker ${index + 1}</th><td>${worker.cpuPercent.toFixed(0)} %</td><td>${showMs(worker.lagP99)}</td><td>${showMs(worker.loopDelayP99)}</td><td>${showBytes(worker.rssBytes)}</td></tr>`,
  );
  const { cpuMicrosPerMessage, rssBytesPerClient } = generator;
  return `<table><thead><tr><th></th><th>CPU</th><th>schedule lag p99</th><th>event loop p99</th><th>memory</th></tr></thead>${rows.join('')}</table>
<p class="soft">${cpuMicrosPerMessage === undefined ? '' : `${showValue(cpuMicrosPerMessage)} µs of CPU per message sent or delivered, `}${showBytes(rssBytesPerClient)} per client.</p>`;
}

function rampSection({ knee, steps }: Result): string {
  if (knee === undefined || steps === undefined) return '';
  const rows = steps.map(
    (step) =>
      `<tr${step.clients === knee.clients ? ' class="knee"' : ''}><th>${showValue(step.clients)}${step.clients === knee.clients ? ' (knee)' : ''}</th><td>${showValue(Math.round(step.deliveriesPerSecond))}</td><td>${showMs(step.latency.p50)}</td><td>${showMs(step.latency.p99)}</td><td>${showValue(step.missing)}</td></tr>`,
  );
  const chart = lineChart({
    title: 'p99 by clients',
    unit: ' ms',
    ticks: steps.map((step) => [step.clients, showValue(step.clients)]),
    lines: [
      { name: 'p50', colour: 'a', points: steps.map((step) => [step.clients, step.latency.p50]) },
      { name: 'p99', colour: 'b', points: steps.map((step) => [step.clients, step.latency.p99]) },
    ],
    ...(knee.clients > 0 ? { mark: [knee.clients, `knee: ${showValue(knee.clients)}`] as const } : {}),
  });
  return `<h2>Ramp</h2>${chart}<table><thead><tr><th>clients</th><th>deliveries/s</th><th>p50</th><th>p99</th><th>missing</th></tr></thead>${rows.join('')}</table>
<p class="soft">${knee.stoppedBy === undefined ? 'Every step held: the knee is beyond.' : `The next step: ${escape(knee.stoppedBy)}`}</p>`;
}

function environmentLine({ environment: here, run }: Result): string {
  return `Run ${run}: ${here.cpus} x ${here.cpu}, ${showBytes(here.memoryBytes)}, ${here.system}, Node.js ${here.node}, pinwheel-load ${here.loadtest}, socket.io-client ${here.socketIoClient}.`;
}
