import type {
  ListenerStatus,
  PeerStatus,
  ProxyHistory,
  ProxyStatus,
  RatesStatus,
  RateStatus,
  UpstreamStatus,
} from '@pinwheel/proxy';

/**
 * What several processes that share their listeners do together. A peer that one of them takes for failed is told as
 * failed; times are the longest, most at once the sum of what each had.
 */
export function sumStatus(all: readonly ProxyStatus[]): ProxyStatus {
  const sum = (value: (status: ProxyStatus) => number): number => total(all.map(value));
  return {
    uptime: Math.max(0, ...all.map(({ uptime }) => uptime)),
    accepted: sum(({ accepted }) => accepted),
    requests: sum(({ requests }) => requests),
    tunnelsOpened: sum(({ tunnelsOpened }) => tunnelsOpened),
    handOffs: sum(({ handOffs }) => handOffs),
    errors: sum(({ errors }) => errors),
    errorsByCode: sumCounts(all.map(({ errorsByCode }) => errorsByCode)),
    bytesSent: sum(({ bytesSent }) => bytesSent),
    bytesReceived: sum(({ bytesReceived }) => bytesReceived),
    clients: sum(({ clients }) => clients),
    tunnels: sum(({ tunnels }) => tunnels),
    handedOff: sum(({ handedOff }) => handedOff),
    rates: sumRates(all.map(({ rates }) => rates)),
    listeners: byName(all.flatMap(({ listeners }) => listeners)).map(sumListener),
    upstreams: byName(all.flatMap(({ upstreams }) => upstreams)).map(sumUpstream),
  };
}

/** Second by second, as `sumStatus`. */
export function sumHistory(all: readonly ProxyHistory[]): ProxyHistory {
  const totals = all.map(({ total: one }) => one);
  const peers = byKey(
    all.flatMap((one) => one.peers),
    ({ upstream, name }) => JSON.stringify([upstream, name]),
  );
  return {
    total: {
      requests: sumSeries(totals.map(({ requests }) => requests)),
      accepted: sumSeries(totals.map(({ accepted }) => accepted)),
      websockets: sumSeries(totals.map(({ websockets }) => websockets)),
      errors: sumSeries(totals.map(({ errors }) => errors)),
      bytesSent: sumSeries(totals.map(({ bytesSent }) => bytesSent)),
      bytesReceived: sumSeries(totals.map(({ bytesReceived }) => bytesReceived)),
    },
    peers: peers.map((same) => ({
      upstream: same[0].upstream,
      name: same[0].name,
      requests: sumSeries(same.map(({ requests }) => requests)),
      sessions: sumSeries(same.map(({ sessions }) => sessions)),
      errors: sumSeries(same.map(({ errors }) => errors)),
      bytes: sumSeries(same.map(({ bytes }) => bytes)),
    })),
  };
}

function sumListener(all: readonly [ListenerStatus, ...ListenerStatus[]]): ListenerStatus {
  return {
    ...all[0],
    accepted: total(all.map(({ accepted }) => accepted)),
    connections: total(all.map(({ connections }) => connections)),
    maxConnections: total(all.map(({ maxConnections }) => maxConnections)),
    requests: total(all.map(({ requests }) => requests)),
    errors: total(all.map(({ errors }) => errors)),
  };
}

function sumUpstream(all: readonly [UpstreamStatus, ...UpstreamStatus[]]): UpstreamStatus {
  return {
    ...all[0],
    idle: total(all.map(({ idle }) => idle)),
    learnedSids: total(all.map(({ learnedSids }) => learnedSids)),
    peers: byName(all.flatMap(({ peers }) => peers)).map(sumPeer),
  };
}

function sumPeer(all: readonly [PeerStatus, ...PeerStatus[]]): PeerStatus {
  const sum = (value: (peer: PeerStatus) => number): number => total(all.map(value));
  const most = (value: (peer: PeerStatus) => number): number => Math.max(...all.map(value));
  const answers = (name: keyof PeerStatus['answers']): number => sum((peer) => peer.answers[name]);
  return {
    ...(all.find(({ state }) => state === 'failed') ?? all[0]),
    tag: all.find(({ tag }) => tag !== undefined)?.tag,
    reachable: all.every(({ reachable }) => reachable),
    downs: most(({ downs }) => downs),
    downtime: most(({ downtime }) => downtime),
    fails: most(({ fails }) => fails),
    active: sum(({ active }) => active),
    maxActive: sum(({ maxActive }) => maxActive),
    tunnels: sum(({ tunnels }) => tunnels),
    handedOff: sum(({ handedOff }) => handedOff),
    tunnelsOpened: sum(({ tunnelsOpened }) => tunnelsOpened),
    handOffs: sum(({ handOffs }) => handOffs),
    sessions: {
      polling: sum(({ sessions }) => sessions.polling),
      websocket: sum(({ sessions }) => sessions.websocket),
    },
    lastChosen: all
      .map(({ lastChosen }) => lastChosen)
      .filter((ago) => ago !== undefined)
      .toSorted((one, other) => one - other)[0],
    requests: sum(({ requests }) => requests),
    failures: sum(({ failures }) => failures),
    retries: sum(({ retries }) => retries),
    answers: {
      '1xx': answers('1xx'),
      '2xx': answers('2xx'),
      '3xx': answers('3xx'),
      '4xx': answers('4xx'),
      '5xx': answers('5xx'),
    },
    errors: sumCounts(all.map(({ errors }) => errors)),
    lastError: all
      .map(({ lastError }) => lastError)
      .filter((error) => error !== undefined)
      .toSorted((one, other) => one.ago - other.ago)[0],
    bytesSent: sum(({ bytesSent }) => bytesSent),
    bytesReceived: sum(({ bytesReceived }) => bytesReceived),
    rate: sumRate(all.map(({ rate }) => rate)),
  };
}

function sumRates(all: readonly RatesStatus[]): RatesStatus {
  const sum = (name: keyof RatesStatus): RateStatus => sumRate(all.map((rates) => rates[name]));
  return {
    requests: sum('requests'),
    accepted: sum('accepted'),
    websockets: sum('websockets'),
    errors: sum('errors'),
    bytesSent: sum('bytesSent'),
    bytesReceived: sum('bytesReceived'),
  };
}

/** What is last in each was in the same second, or nearly so. */
function sumSeries(all: readonly (readonly number[])[]): readonly number[] {
  const length = Math.max(0, ...all.map((series) => series.length));
  return Array.from({ length }, (_, index) => total(all.map((series) => series.at(index - length) ?? 0)));
}

function sumRate(all: readonly RateStatus[]): RateStatus {
  const samples = sumSeries(all.map((rate) => rate.samples));
  const { length } = samples;
  return {
    last: samples.at(-1) ?? 0,
    max: Math.max(0, ...samples),
    mean: length === 0 ? 0 : total(samples) / length,
    samples,
  };
}

function sumCounts<Key extends string>(
  all: readonly Readonly<Partial<Record<Key, number>>>[],
): Partial<Record<Key, number>> {
  const sums: Partial<Record<Key, number>> = {};
  for (const counts of all) {
    for (const key in counts) sums[key] = (sums[key] ?? 0) + (counts[key] ?? 0);
  }
  return sums;
}

function byName<T extends { readonly name: string }>(all: readonly T[]): (readonly [T, ...T[]])[] {
  return byKey(all, ({ name }) => name);
}

function byKey<T>(all: readonly T[], key: (one: T) => string): (readonly [T, ...T[]])[] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const one of all) {
    const group = groups.get(key(one));
    if (group === undefined) groups.set(key(one), [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
