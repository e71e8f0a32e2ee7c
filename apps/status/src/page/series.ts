import type { PeerSeries, ProxyHistory, TotalSeries } from '@pinwheel/proxy';
import type { BalancerStatus } from '@pinwheel/admin';

/** Number of seconds that are shown. */
export const SECONDS = 300;

/** A value for each of the last seconds, the newest last; null for an unknown second. */
export class Series {
  #values: (number | null)[] = Array.from({ length: SECONDS }, () => null);

  get values(): readonly (number | null)[] {
    return this.#values;
  }

  /** The last second. */
  get last(): number {
    return this.#values.at(-1) ?? 0;
  }

  /** Replaces all values. */
  load(samples: readonly number[]): void {
    const known = samples.slice(-SECONDS);
    this.#values = [...Array.from({ length: SECONDS - known.length }, () => null), ...known];
  }

  /** @param seconds for which the value applies */
  add(value: number, seconds: number): void {
    for (let i = 0; i < Math.min(seconds, SECONDS); i++) {
      this.#values.shift();
      this.#values.push(value);
    }
  }
}

/** The sum of several series, computed when it is read; null where all of them are. */
export function sumOf(all: readonly Series[]): Pick<Series, 'values'> {
  return {
    get values() {
      return Array.from({ length: SECONDS }, (_, at) => {
        const known = all.map(({ values }) => values[at] ?? null).filter((value) => value !== null);
        return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
      });
    },
  };
}

type Named<Name extends string> = Readonly<Record<Name, Series>>;
export type TotalRates = Named<keyof TotalSeries>;
export type PeerRates = Named<keyof PeerSeries>;

/** The rates of all peers together and of each: first from the server's history, then from one status to the next. */
export class Rates {
  readonly total: TotalRates = {
    requests: new Series(),
    accepted: new Series(),
    websockets: new Series(),
    errors: new Series(),
    bytesSent: new Series(),
    bytesReceived: new Series(),
  };
  readonly #peers = new Map<string, PeerRates>();
  #before: BalancerStatus | undefined;

  /** @returns series that stay the same object as long as the peer exists */
  ofPeer({ upstream, name }: { readonly upstream: string; readonly name: string }): PeerRates {
    const key = JSON.stringify([upstream, name]);
    let rates = this.#peers.get(key);
    if (rates === undefined) {
      rates = { requests: new Series(), sessions: new Series(), errors: new Series(), bytes: new Series() };
      this.#peers.set(key, rates);
    }
    return rates;
  }

  /** Replaces everything by the server's history; the next status continues from there. */
  load({ total, peers }: ProxyHistory): void {
    this.#before = undefined;
    loadAll(this.total, total);
    for (const peer of peers) loadAll(this.ofPeer(peer), peer);
  }

  /** @returns false when the status does not continue the previous one, so that the history is needed */
  add(status: BalancerStatus): boolean {
    const before = this.#before;
    this.#before = status;
    if (before === undefined) return true;
    const elapsed = status.uptime - before.uptime;
    if (elapsed <= 0 || elapsed > SECONDS) return elapsed === 0;
    addAll(this.total, totalCounts(before), totalCounts(status), elapsed);
    for (const peer of status.peers) {
      const same = before.peers.find(({ upstream, name }) => upstream === peer.upstream && name === peer.name);
      addAll(this.ofPeer(peer), peerCounts(same ?? peer), peerCounts(peer), elapsed);
    }
    return true;
  }
}

function loadAll<Name extends string>(all: Named<Name>, samples: Readonly<Record<Name, readonly number[]>>): void {
  for (const name in all) all[name].load(samples[name]);
}

function addAll<Name extends string>(
  all: Named<Name>,
  before: Readonly<Record<Name, number>>,
  now: Readonly<Record<Name, number>>,
  elapsed: number,
): void {
  // A sum decreases when one of its parts is removed.
  for (const name in all)
    all[name].add(Math.max(0, now[name] - before[name]) / elapsed, Math.max(1, Math.round(elapsed)));
}

function totalCounts(status: BalancerStatus): Readonly<Record<keyof TotalSeries, number>> {
  const { requests, accepted, tunnelsOpened, handOffs, errors, bytesSent, bytesReceived } = status;
  return { requests, accepted, websockets: tunnelsOpened + handOffs, errors, bytesSent, bytesReceived };
}

function peerCounts(peer: BalancerStatus['peers'][number]): Readonly<Record<keyof PeerSeries, number>> {
  return {
    requests: peer.requests,
    sessions: peer.sessions.polling + peer.sessions.websocket,
    errors: Object.values(peer.errors).reduce((sum, count) => sum + count, 0),
    bytes: peer.bytesSent + peer.bytesReceived,
  };
}
