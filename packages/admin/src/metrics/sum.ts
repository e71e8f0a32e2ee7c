import type {
  ListenerStatus,
  PeerSeries,
  PeerStatus,
  ProxyHistory,
  ProxyStatus,
  RatesStatus,
  RateStatus,
  UpstreamStatus,
} from '@pinwheel/proxy';
import { BALANCER_COUNTERS, type Counter, LISTENER_COUNTERS, PEER_COUNTERS, UPSTREAM_COUNTERS } from './counters.js';

/** The series of all processes together, and those of a peer. */
const RATES = ['requests', 'accepted', 'websockets', 'errors', 'bytesSent', 'bytesReceived'] as const;
const PEER_RATES = ['requests', 'sessions', 'errors', 'bytes'] as const satisfies (keyof PeerSeries)[];

/** A list with at least one element. */
type Some<T> = readonly [T, ...T[]];

/**
 * The status of several processes that share their listeners. A peer that one of them considers failed is shown as
 * failed. `counters.ts` has the rule for each number.
 */
export function sumStatus(all: readonly ProxyStatus[]): ProxyStatus {
  return {
    ...combined(BALANCER_COUNTERS, all),
    errorsByCode: sumByKey(all.map(({ errorsByCode }) => errorsByCode)),
    rates: sumRates(all.map(({ rates }) => rates)),
    listeners: groups(all.flatMap(({ listeners }) => listeners)).map(sumListener),
    upstreams: groups(all.flatMap(({ upstreams }) => upstreams)).map(sumUpstream),
  };
}

/** The history of several processes, second by second. */
export function sumHistory(all: readonly ProxyHistory[]): ProxyHistory {
  const peers = groups(
    all.flatMap((one) => one.peers),
    ({ upstream, name }) => JSON.stringify([upstream, name]),
  );
  return {
    total: record(RATES, (name) => sumSeries(all.map(({ total: one }) => one[name]))),
    peers: peers.map((same) => ({
      upstream: same[0].upstream,
      name: same[0].name,
      ...record(PEER_RATES, (name) => sumSeries(same.map((one) => one[name]))),
    })),
  };
}

function sumListener(all: Some<ListenerStatus>): ListenerStatus {
  return { ...all[0], ...combined(LISTENER_COUNTERS, all) };
}

function sumUpstream(all: Some<UpstreamStatus>): UpstreamStatus {
  const peers = groups(all.flatMap((one) => one.peers)).map(sumPeer);
  return { ...all[0], ...combined(UPSTREAM_COUNTERS, all), peers };
}

function sumPeer(all: Some<PeerStatus>): PeerStatus {
  const shown = all.find(({ state }) => state === 'failed') ?? all[0];
  return {
    ...shown,
    ...combined(PEER_COUNTERS, [shown, ...all.filter((one) => one !== shown)]),
    tag: all.find(({ tag }) => tag !== undefined)?.tag,
    reachable: all.every(({ reachable }) => reachable),
    sessions: { polling: 0, websocket: 0, ...sumByKey(all.map(({ sessions }) => sessions)) },
    lastChosen: latest(all.map(({ lastChosen }) => lastChosen)),
    answers: { ...shown.answers, ...sumByKey(all.map(({ answers }) => answers)) },
    errors: sumByKey(all.map(({ errors }) => errors)),
    lastError: all
      .map(({ lastError }) => lastError)
      .filter((error) => error !== undefined)
      .toSorted((one, other) => one.ago - other.ago)[0],
    rate: sumRate(all.map(({ rate }) => rate)),
  };
}

/** The fewest seconds ago. */
function latest(all: readonly (number | undefined)[]): number | undefined {
  return all.filter((ago) => ago !== undefined).toSorted((one, other) => one - other)[0];
}

/** The numbers of a status, combined by the rules of their table. @param all the shown status first */
function combined<Key extends string>(
  table: Readonly<Record<Key, Counter>>,
  all: readonly Readonly<Record<NoInfer<Key>, number>>[],
): Record<Key, number> {
  return record(Object.keys(table) as Key[], (key) => {
    const values = all.map((one) => one[key]);
    const { over } = table[key];
    if (over === 'sum') return total(values);
    return over === 'max' ? Math.max(0, ...values) : (values[0] ?? 0);
  });
}

function sumRates(all: readonly RatesStatus[]): RatesStatus {
  return record(RATES, (name) => sumRate(all.map((rates) => rates[name])));
}

/** Sums series from their ends: the last values were counted in the same second, or nearly so. */
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

function sumByKey<Key extends string>(
  all: readonly Readonly<Partial<Record<Key, number>>>[],
): Partial<Record<Key, number>> {
  const sums: Partial<Record<Key, number>> = {};
  for (const counts of all) {
    for (const key in counts) sums[key] = (sums[key] ?? 0) + (counts[key] ?? 0);
  }
  return sums;
}

function record<Key extends string, T>(keys: readonly Key[], value: (key: Key) => T): Record<Key, T> {
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<Key, T>;
}

/** Statuses of the same thing, by name unless `key` says otherwise. */
function groups<T extends { readonly name: string }>(
  all: readonly T[],
  key: (one: T) => string = ({ name }) => name,
): Some<T>[] {
  const found = new Map<string, [T, ...T[]]>();
  for (const one of all) {
    const group = found.get(key(one));
    if (group === undefined) found.set(key(one), [one]);
    else group.push(one);
  }
  return [...found.values()];
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
