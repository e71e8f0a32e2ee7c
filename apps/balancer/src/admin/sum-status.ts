import type { PeerStatus, ProxyStatus, RatesStatus, RateStatus, UpstreamStatus } from '@pinwheel/proxy';

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
    upstreams: byName(all.flatMap(({ upstreams }) => upstreams)).map(sumUpstream),
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

/** Second by second: what is last in each was in the same second, or nearly so. */
function sumRate(all: readonly RateStatus[]): RateStatus {
  const length = Math.max(0, ...all.map(({ samples }) => samples.length));
  const samples = Array.from({ length }, (_, index) => total(all.map((rate) => rate.samples.at(index - length) ?? 0)));
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
  const groups = new Map<string, [T, ...T[]]>();
  for (const one of all) {
    const group = groups.get(one.name);
    if (group === undefined) groups.set(one.name, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
