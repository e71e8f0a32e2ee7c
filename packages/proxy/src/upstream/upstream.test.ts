import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readProxyOptions } from '../options/proxy.js';
import type { GivenPeer, GivenUpstream } from '../options/proxy.js';
import type { Peer } from './peer.js';
import { Tried } from './policy/policy.js';
import { Upstream } from './upstream.js';

type Settings = Partial<GivenPeer>;

function upstreamOf(
  peers: readonly Settings[],
  more: Partial<GivenUpstream> = {},
  now: () => number = () => 0,
): Upstream {
  const given = peers.map((one, index) => ({ host: '127.0.0.1', port: 9_000 + index, ...one }));
  const upstreams = [{ name: 'test', ...more, peers: given }];
  const [options] = readProxyOptions({ listeners: [{ port: 0 }], upstreams }).upstreams;
  if (options === undefined) throw new Error('expected one upstream');
  return new Upstream(options, now);
}

function pick(upstream: Upstream, tried = new Tried(), opens?: 'polling' | 'websocket'): number | undefined {
  return upstream.pick({ clientAddress: '127.0.0.1', opens, tried, facts: noFacts })?.index;
}

function noFacts(): never {
  throw new Error('no policy here asks for them');
}

function peerAt(upstream: Upstream, index: number): Peer {
  const peer = upstream.peers[index];
  if (peer === undefined) throw new Error(`expected a peer ${index}`);
  return peer;
}

function fail(upstream: Upstream, index: number): void {
  peerAt(upstream, index).acquire();
  peerAt(upstream, index).release(false);
}

describe('Upstream.pick', () => {
  test.each(['round_robin', 'ip_hash', 'least_conn'] as const)(
    '%s: backups serve only when no other peer can',
    (policy) => {
      const clock = { now: 0 };
      const peers = [{}, { backup: true }, { down: true }, { backup: true, weight: 2 }];
      const upstream = upstreamOf(peers, { policy }, () => clock.now);
      expect([pick(upstream), pick(upstream), pick(upstream)]).toEqual([0, 0, 0]);
      fail(upstream, 0);
      expect([pick(upstream), pick(upstream), pick(upstream)]).toEqual([3, 1, 3]);
      clock.now = 10_001;
      expect(pick(upstream)).toBe(0);
    },
  );

  test('pick tries primaries, then backups, then returns undefined', () => {
    const upstream = upstreamOf([{}, { backup: true }, {}]);
    const tried = new Tried();
    const order: (number | undefined)[] = [];
    for (let i = 0; i < 4; i++) {
      const index = pick(upstream, tried);
      order.push(index);
      if (index !== undefined) tried.add(peerAt(upstream, index));
    }
    expect(order).toEqual([0, 2, 1, undefined]);
  });

  test('round robin distributes sessions apart from other requests, whichever transport opens them', () => {
    const upstream = upstreamOf([{}, {}]);
    const page = (opens: 'polling' | 'websocket'): number | undefined => {
      pick(upstream);
      return pick(upstream, new Tried(), opens);
    };
    expect([page('polling'), page('polling'), page('websocket'), page('polling')]).toEqual([0, 1, 0, 1]);
  });

  test('websocketPolicy applies only to upgrades that open a session', () => {
    const peers = [{}, {}, {}];
    const both = upstreamOf(peers, { policy: 'ip_hash', websocketPolicy: 'round_robin' });
    expect([0, 1, 2].map(() => pick(both, new Tried(), 'websocket'))).toEqual([0, 1, 2]);
    expect([0, 1, 2].map(() => pick(both))).toEqual([2, 2, 2]);
    const one = upstreamOf(peers, { policy: 'ip_hash' });
    expect([0, 1, 2].map(() => pick(one, new Tried(), 'websocket'))).toEqual([2, 2, 2]);
  });

  test('a single peer is never taken out by failures', () => {
    const upstream = upstreamOf([{}]);
    for (let i = 0; i < 5; i++) fail(upstream, 0);
    expect(pick(upstream)).toBe(0);
  });

  test('a single primary is taken out by failures when there is a backup', () => {
    const upstream = upstreamOf([{}, { backup: true }]);
    fail(upstream, 0);
    expect(pick(upstream)).toBe(1);
  });

  test.each([{ down: true }, { drain: true }])('a single peer with %o is not picked', (settings) => {
    expect(pick(upstreamOf([settings]))).toBeUndefined();
  });

  test('one request per fail_timeout tries a failed peer', () => {
    const clock = { now: 0 };
    const upstream = upstreamOf([{}, {}], { policy: 'least_conn' }, () => clock.now);
    fail(upstream, 0);
    clock.now = 10_001;
    const picked = Array.from({ length: 10 }, () => {
      const index = pick(upstream) ?? -1;
      peerAt(upstream, index).acquire();
      return index;
    });
    expect(picked.filter((index) => index === 0)).toHaveLength(1);
  });

  test('whatever the times and outcomes, pick returns no failed peer, and returns one while any is available', () => {
    const step = fc.record({ wait: fc.nat(900), ok: fc.boolean(), holds: fc.boolean() });
    const policy = fc.constantFrom('round_robin' as const, 'ip_hash' as const, 'least_conn' as const);
    const settings = fc.record({
      weight: fc.integer({ min: 1, max: 4 }),
      maxFails: fc.nat(3),
      maxConns: fc.nat(3),
      backup: fc.boolean(),
    });
    fc.assert(
      fc.property(policy, fc.array(settings, { minLength: 2, maxLength: 6 }), fc.array(step), (name, peers, steps) => {
        const clock = { now: 0 };
        const failing = peers.map((one) => ({ ...one, failTimeout: 1_000 }));
        const upstream = upstreamOf(failing, { policy: name }, () => clock.now);
        // A model of nginx's state: fails, accessed, checked.
        const told = peers.map(() => ({ fails: 0, accessed: -1e9, checked: -1e9, active: 0 }));
        const usable = (index: number): boolean => {
          const { maxConns = 0, maxFails = 1 } = peers[index] ?? {};
          const { active, fails, checked } = told[index] ?? { active: 0, fails: 0, checked: 0 };
          if (maxConns > 0 && active >= maxConns) return false;
          return maxFails === 0 || fails < maxFails || clock.now - checked > 1_000;
        };
        for (const { wait, ok, holds } of steps) {
          clock.now += wait;
          const all = peers.map((_, index) => index).filter(usable);
          const primary = all.filter((index) => peers[index]?.backup === false);
          const expected = primary.length > 0 ? primary : all;
          const index = pick(upstream);
          expect(expected.length === 0 ? [undefined] : expected).toContain(index);
          const one = told[index ?? -1];
          if (one === undefined || index === undefined) continue;
          if (clock.now - one.checked > 1_000) one.checked = clock.now;
          peerAt(upstream, index).acquire();
          one.active++;
          if (holds) continue;
          peerAt(upstream, index).release(ok);
          one.active--;
          if (!ok) {
            one.fails++;
            one.accessed = clock.now;
            one.checked = clock.now;
          } else if (one.accessed < one.checked) {
            one.fails = 0;
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('Upstream.pinnedPeer', () => {
  test('pinnedPeer returns the peer that showed the session, whatever the policy', () => {
    const upstream = upstreamOf([{ route: 'n1' }, { route: 'n2' }]);
    expect(upstream.pinnedPeer('n2.abc')?.index).toBe(1);
    upstream.affinity.learn('untagged', peerAt(upstream, 0));
    expect(upstream.pinnedPeer('untagged')?.index).toBe(0);
    expect(upstream.pinnedPeer('n3.abc')).toBeUndefined();
  });

  test('of many sessions on an unreachable peer one tries it, and the others go to other peers', () => {
    const clock = { now: 0 };
    const upstream = upstreamOf([{ route: 'n1' }, { route: 'n2' }], {}, () => clock.now);
    peerAt(upstream, 0).connectFailed();
    fail(upstream, 0);
    expect(upstream.pinnedPeer('n1.a')).toBeUndefined();
    clock.now = 10_001;
    expect(['n1.a', 'n1.b', 'n1.c'].map((sid) => upstream.pinnedPeer(sid)?.index)).toEqual([0, undefined, undefined]);
    peerAt(upstream, 0).connected();
    expect(upstream.pinnedPeer('n1.b')?.index).toBe(0);
  });

  test('a failed peer recovers by successful requests of its own sessions', () => {
    const clock = { now: 0 };
    const upstream = upstreamOf([{ route: 'n1', drain: true }, {}], {}, () => clock.now);
    fail(upstream, 0);
    clock.now = 10_001;
    const peer = upstream.pinnedPeer('n1.a');
    peer?.acquire();
    peer?.release(true);
    expect(peer?.healthy).toBe(true);
    expect(peer?.fails).toBe(0);
  });
});
