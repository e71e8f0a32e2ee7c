import type { NodeStatus } from '@pinwheel/protocol';
import type { BalancerStatus } from '@pinwheel/admin';
import { formatAgo, formatBytes, formatCount, formatDuration, formatRate } from './format.js';
import { peerStanding } from './standing.js';
import { type Cell, type Column, count } from './table.js';

export type Peer = BalancerStatus['peers'][number];

export interface PeerRow {
  readonly peer: Peer;
  /** Undefined for a peer that is not a node of this cluster. */
  readonly node: NodeStatus | undefined;
  /** Attempts in the last second. */
  readonly rate: number;
  /** Number of peers that the row sums up. */
  readonly sumOf?: readonly PeerRow[];
}

const CONNECT_ERRORS: ReadonlySet<string> = new Set(['connect_failed', 'connect_timeout', 'hand_off_lost']);

/** The columns of HAProxy's page, named in nginx's words. */
export const PEER_COLUMNS: readonly Column<PeerRow>[] = [
  { label: 'State', words: true, show: showState },
  number('In flight', 'now', 'Requests and tunnels now, of max_conns where there is a limit', ({ peer }) => {
    const limit = peer.maxConns > 0 ? ` / ${formatCount(peer.maxConns)}` : '';
    return count(peer.active, formatCount(peer.active) + limit);
  }),
  number('In flight', 'max', 'Most requests and tunnels at once', ({ peer }) => counted(peer.maxActive)),
  number('WebSockets', 'tunnel', 'WebSockets relayed now', ({ peer }) => counted(peer.tunnels)),
  number('WebSockets', 'handed off', 'WebSockets that its process has taken over, now', ({ peer }) =>
    counted(peer.handedOff),
  ),
  number('New sessions', 'polling', 'Sessions since the start that began with polling', ({ peer }) =>
    counted(peer.sessions.polling),
  ),
  number('New sessions', 'websocket', 'Sessions since the start that began with WebSocket', ({ peer }) =>
    counted(peer.sessions.websocket),
  ),
  number('Requests', 'total', 'Attempts since the start', ({ peer }) => counted(peer.requests)),
  number('Requests', '/s', 'Attempts in the last second', ({ rate }) => count(rate, formatRate(rate))),
  number('Requests', 'last', 'When it was last chosen', ({ peer: { lastChosen } }) =>
    lastChosen === undefined ? { text: '–', tone: 'zero' } : { text: formatAgo(lastChosen) },
  ),
  ...(['1xx', '2xx', '3xx', '4xx', '5xx'] as const).map((name) =>
    number('Answers', name, `Answers since the start with a status of ${name}`, ({ peer }) =>
      counted(peer.answers[name], name === '5xx' ? 'problem' : ''),
    ),
  ),
  number('Failures', 'retried', 'Attempts whose request was retried', ({ peer }) => counted(peer.retries)),
  number('Failures', 'connect', 'The connection failed, or its process exited before it took one', ({ peer }) =>
    failures(peer, true),
  ),
  number('Failures', 'answer', 'No answer, or a broken one', ({ peer }) => failures(peer, false)),
  number('Bytes', 'to it', 'Bytes sent to it; those of handed-off WebSockets are added at their end', ({ peer }) =>
    count(peer.bytesSent, formatBytes(peer.bytesSent)),
  ),
  number('Bytes', 'from it', 'Bytes received from it', ({ peer }) =>
    count(peer.bytesReceived, formatBytes(peer.bytesReceived)),
  ),
  { group: 'Check', label: 'probe', words: true, title: 'The last health check', show: showCheck },
  number('Check', 'fails', 'Failures within fail_timeout, and max_fails', showFails),
  number('Check', 'out', 'How often failures have taken it out of rotation, and for how long in total', ({ peer }) =>
    peer.downs === 0
      ? { text: '0', tone: 'zero' }
      : { text: `${formatCount(peer.downs)}× ${formatDuration(peer.downtime)}`, tone: 'problem' },
  ),
  number('Check', 'weight', 'Its share (weight)', ({ peer, sumOf }) => ({
    text: formatCount(sumOf === undefined ? peer.weight : total(sumOf, (one) => one.weight)),
  })),
  { label: 'last failure', group: 'Check', words: true, title: 'The last failed attempt', show: showLastError },
];

function number(group: string, label: string, title: string, show: Column<PeerRow>['show']): Column<PeerRow> {
  return { group, label, title, show };
}

function counted(value: number, tone = ''): Cell {
  return count(value, formatCount(value), tone);
}

function showState({ peer, node, sumOf }: PeerRow): Cell {
  if (sumOf !== undefined) {
    const tones = sumOf.map((row) => peerStanding(row.peer, row.node).tone);
    const up = tones.filter((tone) => tone === 'good').length;
    const wanted = tones.filter((tone) => tone !== 'off').length;
    return { text: `${up} of ${wanted} up`, tone: up === wanted ? 'state' : 'state problem' };
  }
  const { word, why } = peerStanding(peer, node);
  const since = word === peer.state ? ` ${formatDuration(peer.stateFor)}` : '';
  return { text: word + since, tone: 'state', title: why };
}

function failures({ errors }: Peer, ofConnecting: boolean): Cell {
  const chosen = Object.entries(errors).filter(([code]) => CONNECT_ERRORS.has(code) === ofConnecting);
  const title = chosen.map(([code, times]) => `${code} ${formatCount(times)}`).join('\n');
  return {
    ...counted(
      chosen.reduce((sum, [, times]) => sum + times, 0),
      'problem',
    ),
    title,
  };
}

function showLastError({ peer: { lastError } }: PeerRow): Cell {
  if (lastError === undefined) return { text: '–', tone: 'zero' };
  return { text: `${lastError.code.replaceAll('_', ' ')}, ${formatAgo(lastError.ago)}` };
}

function showCheck({ peer: { check }, sumOf }: PeerRow): Cell {
  if (sumOf !== undefined) return { text: '' };
  if (check?.result === undefined) return { text: '–', tone: 'zero' };
  const { result, ago, misses, path } = check;
  const when = ago === undefined ? '' : `, last answer ${formatAgo(ago)}`;
  const title = `GET ${path}${when}`;
  if (result === 'silent') return { text: `silent ${misses}×`, tone: 'problem', title };
  return { text: `${result} ${formatAgo(ago ?? 0)}`, tone: result === 'refused' ? 'problem' : '', title };
}

function showFails({ peer: { fails, maxFails, failTimeout }, sumOf }: PeerRow): Cell {
  if (sumOf !== undefined) return { text: '' };
  if (maxFails === 0) return { text: 'off', tone: 'zero', title: 'max_fails=0: it is never taken out' };
  const title = `max_fails=${maxFails} fail_timeout=${failTimeout}s`;
  return { ...count(fails, `${fails}/${maxFails}`, 'problem'), title };
}

function total(rows: readonly PeerRow[], value: (peer: Peer) => number): number {
  return rows.reduce((sum, { peer }) => sum + value(peer), 0);
}

/** The sum of all peers. @param first gives the values that cannot be added */
export function sumPeers(first: Peer, rows: readonly PeerRow[], rate: number): PeerRow {
  const sum = (value: (peer: Peer) => number): number => total(rows, value);
  const errors: Record<string, number> = {};
  for (const { peer } of rows) {
    for (const [code, times] of Object.entries(peer.errors)) errors[code] = (errors[code] ?? 0) + times;
  }
  const [lastError] = rows
    .map(({ peer }) => peer.lastError)
    .filter((error) => error !== undefined)
    .toSorted((one, other) => one.ago - other.ago);
  const [lastChosen] = rows
    .map(({ peer }) => peer.lastChosen)
    .filter((ago) => ago !== undefined)
    .toSorted((one, other) => one - other);
  return {
    rate,
    node: undefined,
    sumOf: rows,
    peer: {
      ...first,
      active: sum(({ active }) => active),
      maxActive: sum(({ maxActive }) => maxActive),
      maxConns: rows.every(({ peer }) => peer.maxConns > 0) ? sum(({ maxConns }) => maxConns) : 0,
      tunnels: sum(({ tunnels }) => tunnels),
      handedOff: sum(({ handedOff }) => handedOff),
      sessions: {
        polling: sum(({ sessions }) => sessions.polling),
        websocket: sum(({ sessions }) => sessions.websocket),
      },
      requests: sum(({ requests }) => requests),
      lastChosen,
      answers: {
        '1xx': sum(({ answers }) => answers['1xx']),
        '2xx': sum(({ answers }) => answers['2xx']),
        '3xx': sum(({ answers }) => answers['3xx']),
        '4xx': sum(({ answers }) => answers['4xx']),
        '5xx': sum(({ answers }) => answers['5xx']),
      },
      retries: sum(({ retries }) => retries),
      errors,
      lastError,
      bytesSent: sum(({ bytesSent }) => bytesSent),
      bytesReceived: sum(({ bytesReceived }) => bytesReceived),
      downs: sum(({ downs }) => downs),
      downtime: sum(({ downtime }) => downtime),
    },
  };
}
