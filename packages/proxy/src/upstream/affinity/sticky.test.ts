import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readProxyOptions } from '../../options/proxy.js';
import type { GivenUpstream } from '../../options/proxy.js';
import type { Peer } from '../peer.js';
import { Tried } from '../policy/policy.js';
import { Upstream } from '../upstream.js';

function upstreamOf(more: Partial<GivenUpstream>, now: () => number): Upstream {
  const peers = ['a', 'b', 'c'].map((id, i) => ({ host: '127.0.0.1', port: 9_000 + i, id }));
  const upstreams = [{ name: 'test', peers, ...more }];
  const [options] = readProxyOptions({ listeners: [{ port: 0 }], upstreams }).upstreams;
  if (options === undefined) throw new Error('expected one upstream');
  return new Upstream(options, now);
}

// The values below do not depend on a request.
function facts(): never {
  throw new Error('nobody asks for facts here');
}

function pick(upstream: Upstream): Peer {
  const peer = upstream.pick({ clientAddress: '', opens: undefined, tried: new Tried(), facts });
  if (peer === undefined) throw new Error('expected a peer');
  return peer;
}

describe('sticky', () => {
  test('a peer that the request names wins over the policy while it is available', () => {
    const upstream = upstreamOf({ sticky: { lookup: ['', 'b', 'c'] } }, () => 0);
    expect([1, 2, 3].map(() => pick(upstream).id)).toEqual(['b', 'b', 'b']);
    upstream.peers[1]?.acquire();
    upstream.peers[1]?.release(false);
    expect([1, 2].map(() => pick(upstream).id)).not.toContain('b');
  });

  test('a learned session expires without a response in its timeout, and then the policy chooses', () => {
    const clock = { now: 0 };
    const learn = { create: ['id'], timeout: 1_000, sessions: 10, atHead: true };
    const upstream = upstreamOf({ sticky: { lookup: ['id'], learn } }, () => clock.now);
    const third = upstream.peers[2];
    upstream.onHead(third, facts);
    clock.now = 1_000;
    expect([1, 2].map(() => pick(upstream).id)).toEqual(['c', 'c']);
    upstream.onHead(third, facts);
    clock.now = 2_000;
    expect(pick(upstream).id).toBe('c');
    clock.now = 2_001;
    // Round robin chooses the other two first, as the third has paid for its picks.
    expect([1, 2, 3].map(() => pick(upstream).id)).toEqual(['a', 'b', 'a']);
  });

  test('the upstream after a reload knows the sessions of the one before', () => {
    const learn = { create: ['id'], timeout: 1_000, sessions: 10, atHead: false };
    const before = upstreamOf({ sticky: { lookup: ['id'], learn } }, () => 0);
    before.onAnswer(before.peers[1], facts);
    const after = upstreamOf({ sticky: { lookup: ['id'], learn } }, () => 0);
    after.inherit(before);
    expect([1, 2].map(() => pick(after).id)).toEqual(['b', 'b']);
    // A response that was in flight at the reload is learned by the new upstream.
    before.onAnswer(before.peers[2], facts);
    expect(pick(after).id).toBe('c');
  });
});

describe('Upstream.setAddresses', () => {
  const addresses = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 6 });

  test('after any changes of addresses the peers are the last ones, kept peers are the same objects, and no removed peer is picked', () => {
    fc.assert(
      fc.property(fc.array(addresses, { minLength: 1, maxLength: 6 }), (changes) => {
        const server = { host: 'name.test', port: 80, resolve: true };
        const upstream = upstreamOf({ peers: [server], resolver: { servers: ['127.0.0.1:53'] } }, () => 0);
        const [template] = upstream.options.peers;
        if (template === undefined) throw new Error('expected a server');
        for (const change of changes) {
          const before = [...upstream.peers];
          const wantedNow = change.map((last) => ({ host: `10.0.0.${last}`, port: 80 }));
          const removed = upstream.setAddresses(template, wantedNow);
          const names = upstream.peers.map((peer) => peer.name);
          expect(names.toSorted()).toEqual(wantedNow.map(({ host }) => `${host}:80`).toSorted());
          expect(before.filter((peer) => !removed.includes(peer)).every((peer) => upstream.peers.includes(peer))).toBe(
            true,
          );
          expect(removed.every((peer) => peer.isRemoved && !peer.available && !peer.holdsSessions)).toBe(true);
          const picked = upstream.pick({ clientAddress: '', opens: undefined, tried: new Tried(), facts });
          expect(picked === undefined ? upstream.peers.length === 0 : upstream.peers.includes(picked)).toBe(true);
        }
      }),
    );
  });
});
