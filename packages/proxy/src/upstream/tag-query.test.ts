import { describe, expect, test } from 'vitest';
import { Affinity } from './affinity/affinity.js';
import { readProxyOptions } from '../options/proxy.js';
import type { GivenPeer } from '../options/proxy.js';
import { Peer } from './peer.js';
import { TagQuery } from './tag-query.js';

interface Setting {
  readonly affinity: Affinity;
  readonly query: TagQuery;
  readonly peers: readonly Peer[];
  /** Indexes of the peers that were asked, in order. */
  readonly asked: number[];
  readonly clock: { now: number };
}

function setting(
  given: readonly Partial<GivenPeer>[],
  answer: (peer: Peer) => Promise<string | undefined> = (peer) => Promise.resolve(`n${peer.index}`),
): Setting {
  const clock = { now: 0 };
  const asked: number[] = [];
  const upstreams = [{ name: 'test', peers: given.map((one, i) => ({ host: '127.0.0.1', port: 9_000 + i, ...one })) }];
  const [options] = readProxyOptions({ listeners: [{ port: 0 }], upstreams }).upstreams;
  const peers = (options?.peers ?? []).map((one, index) => new Peer(one, index, () => clock.now));
  const affinity = new Affinity(peers, 100);
  const fetchTag = (peer: Peer): Promise<string | undefined> => {
    asked.push(peer.index);
    return answer(peer);
  };
  const query = new TagQuery({ peers, affinity, intervalMs: 1_000, fetchTag, now: () => clock.now });
  return { affinity, query, peers, asked, clock };
}

describe('TagQuery.ask', () => {
  test('ask has learned the tags of all peers when it resolves', async () => {
    const { affinity, query, peers } = setting([{}, {}]);
    await query.ask();
    expect([affinity.peerOf('n0.x'), affinity.peerOf('n1.x')]).toEqual(peers);
  });

  test('simultaneous calls of ask share one round of queries', async () => {
    const { query, asked } = setting([{}, {}]);
    await Promise.all([query.ask(), query.ask(), query.ask()]);
    expect(asked).toEqual([0, 1]);
  });

  test('ask starts at most one round per interval, counted from the end of the last round', async () => {
    const { query, asked, clock } = setting([{}]);
    await query.ask();
    clock.now = 999;
    await query.ask();
    expect(asked).toEqual([0]);
    clock.now = 1_000;
    await query.ask();
    expect(asked).toEqual([0, 0]);
  });

  test('ask skips peers that are down and peers with a configured tag', async () => {
    const { query, asked } = setting([{ down: true }, { route: 'given' }, {}, { drain: true }]);
    await query.ask();
    expect(asked).toEqual([2, 3]);
  });

  test('a peer that cannot answer does not keep the tags of the others from being learned', async () => {
    const { affinity, query, peers } = setting([{}, {}, {}, {}], (peer) => {
      if (peer.index === 0) return Promise.reject(new Error('connect ECONNREFUSED'));
      if (peer.index === 1) throw new TypeError('not a host');
      return Promise.resolve(peer.index === 2 ? undefined : 'n3');
    });
    await query.ask();
    expect([affinity.tags, affinity.peerOf('n3.x')]).toEqual([1, peers[3]]);
  });
});
