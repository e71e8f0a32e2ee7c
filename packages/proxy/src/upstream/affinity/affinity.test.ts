import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Affinity } from './affinity.js';
import { readProxyOptions } from '../../options/proxy.js';
import { Peer } from '../peer.js';

function three(routes: readonly (string | undefined)[] = []): readonly [Peer, Peer, Peer] {
  const peers = [0, 1, 2].map((i) => {
    const route = routes[i];
    return { host: '127.0.0.1', port: 9_000 + i, ...(route === undefined ? {} : { route }) };
  });
  const { upstreams } = readProxyOptions({ listeners: [{ port: 0 }], upstreams: [{ name: 'test', peers }] });
  const [a, b, c] = (upstreams[0]?.peers ?? []).map((options, index) => new Peer(options, index, () => 0));
  if (a === undefined || b === undefined || c === undefined) throw new Error('expected three peers');
  return [a, b, c];
}

describe('ids without a tag', () => {
  test('ids without a tag are remembered one by one, and the least recently used is forgotten first', () => {
    const [a, b] = three();
    const affinity = new Affinity([a, b], 2);
    affinity.learn('one', a);
    affinity.learn('two', b);
    expect(affinity.peerOf('one')).toBe(a);
    affinity.learn('three', a);
    expect([affinity.peerOf('one'), affinity.peerOf('two'), affinity.peerOf('three')]).toEqual([a, undefined, a]);
    expect(affinity.size).toBe(2);
  });

  test('an id without a tag is never asked of the peers', () => {
    expect(new Affinity(three(), 10).unknownTag('lv_VI97HAXpY6yYWAAAC')).toBe(false);
  });
});

describe('ids with a tag', () => {
  test('all ids with a tag belong to the peer that showed it, and take no room in the table', () => {
    const [a, b] = three();
    const affinity = new Affinity([a, b], 10);
    affinity.learn('n1.first', a);
    affinity.learn('n2.first', b);
    expect([affinity.peerOf('n1.other'), affinity.peerOf('n2.other')]).toEqual([a, b]);
    expect([a.tag, b.tag, affinity.size, affinity.tags]).toEqual(['n1', 'n2', 0, 2]);
  });

  test('an unknown tag is asked of the peers until one has shown it', () => {
    const [a] = three();
    const affinity = new Affinity([a], 10);
    expect([affinity.unknownTag('n1.x'), affinity.peerOf('n1.x')]).toEqual([true, undefined]);
    affinity.learnTag('n1', a);
    expect([affinity.unknownTag('n1.x'), affinity.peerOf('n1.x')]).toEqual([false, a]);
  });

  test('a tag moves to the last peer that showed it', () => {
    const [a, b] = three();
    const affinity = new Affinity([a, b], 10);
    affinity.learn('n1.first', a);
    affinity.learn('n1.second', b);
    expect([affinity.peerOf('n1.other'), a.tag, b.tag]).toEqual([b, undefined, 'n1']);
  });

  test('a tag given by route= never moves', () => {
    const [a, b] = three(['n1']);
    const affinity = new Affinity([a, b], 10);
    affinity.learn('n1.first', b);
    affinity.learnTag('n1', b);
    expect([affinity.peerOf('n1.first'), affinity.peerOf('n1.x'), a.tag, b.tag]).toEqual([a, a, 'n1', undefined]);
  });

  test('a peer whose ids carry another tag than its route= still keeps its sessions', () => {
    const [a, b] = three(['n1']);
    const affinity = new Affinity([a, b], 10);
    affinity.learn('real.first', a);
    expect([affinity.peerOf('real.first'), affinity.unknownTag('real.x'), a.tag]).toEqual([a, false, 'n1']);
  });

  test('all tags that a relay shows lead back to the relay', () => {
    const [a, b] = three();
    const affinity = new Affinity([a, b], 10);
    affinity.learn('n1.x', a);
    affinity.learn('n2.x', a);
    affinity.learn('n3.x', b);
    expect(['n1.y', 'n2.y', 'n3.y'].map((sid) => affinity.peerOf(sid))).toEqual([a, a, b]);
  });

  test('sessions stay on their peers when several peers show one tag', () => {
    const [a, b] = three();
    const affinity = new Affinity([a, b], 10);
    affinity.learn('v1.first', a);
    affinity.learn('v1.second', b);
    affinity.learn('v1.third', a);
    affinity.learn('v1.fourth', b);
    expect(['v1.second', 'v1.third', 'v1.fourth'].map((sid) => affinity.peerOf(sid))).toEqual([b, a, b]);
  });
});

describe('sizes of the tables', () => {
  test('ids that clients send never grow a table', () => {
    const [a] = three();
    const affinity = new Affinity([a], 10);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (sid) => {
        expect(affinity.peerOf(sid)).toBeUndefined();
        affinity.unknownTag(sid);
        expect([affinity.size, affinity.tags]).toEqual([0, 0]);
      }),
    );
  });

  test('ids of up to 128 characters are learned, longer and empty ones are not', () => {
    const [a] = three();
    const affinity = new Affinity([a], 10);
    for (const sid of ['', 'x'.repeat(129), `n1.${'x'.repeat(126)}`]) {
      affinity.learn(sid, a);
      expect([affinity.peerOf(sid), affinity.unknownTag(sid)]).toEqual([undefined, false]);
    }
    affinity.learn('n2.short', a);
    expect(affinity.peerOf(`n2.${'x'.repeat(126)}`)).toBeUndefined();
    affinity.learn('x'.repeat(128), a);
    expect([affinity.size, affinity.tags]).toEqual([1, 1]);
  });

  test('the tables stay within their limit whatever peers answer', () => {
    const peers = three();
    const affinity = new Affinity(peers, 20);
    for (let i = 0; i < 500; i++) {
      affinity.learn(`plain${i}`, peers[i % 3] ?? peers[0]);
      affinity.learn(`tag${i}.x`, peers[i % 3] ?? peers[0]);
      affinity.learn(`shared.${i}`, peers[i % 3] ?? peers[0]);
    }
    expect([affinity.size, affinity.tags]).toEqual([20, 20]);
    expect(affinity.peerOf('shared.499')).toBe(peers[1]);
  });
});

describe('several processes', () => {
  test('what responses show is reported, and what other processes reported is not reported again', () => {
    const told: unknown[][] = [];
    const [a, b, c] = three();
    const affinity = new Affinity([a, b, c], 10, (kind, key, peer) => told.push([kind, key, peer.name]));
    affinity.learn('plain', a);
    affinity.learn('n1.x', a);
    affinity.learn('n1.y', a);
    affinity.adopt('other', b.name);
    affinity.adopt('n2.x', b.name);
    affinity.adopt('gone', 'nobody:1');
    expect(told).toEqual([
      ['sid', 'plain', a.name],
      ['tag', 'n1', a.name],
    ]);
    const sids = ['plain', 'n1.z', 'other', 'n2.z', 'gone'];
    expect(sids.map((sid) => affinity.peerOf(sid))).toEqual([a, a, b, b, undefined]);
  });

  test('other processes are asked for sessions that are not known for sure', () => {
    const [a, b] = three(['given']);
    const affinity = new Affinity([a, b], 10);
    expect(['plain', 'n1.x', 'given.x'].map((sid) => affinity.unknownHere(sid))).toEqual([true, true, false]);
    affinity.learn('plain', a);
    affinity.learn('n1.x', a);
    expect(['plain', 'n1.y'].map((sid) => affinity.unknownHere(sid))).toEqual([false, false]);
    affinity.adoptTag('n1', b.name);
    expect([affinity.unknownHere('n1.y'), affinity.unknownHere('y'.repeat(129))]).toEqual([true, false]);
    affinity.learn('n1.y', b);
    expect(affinity.unknownHere('n1.y')).toBe(false);
  });
});

describe('the table after a reload', () => {
  test('the new table takes over the sessions of peers that stay, and those of responses still in flight', () => {
    const [a, b, c] = three();
    const old = new Affinity([a, b, c], 10);
    old.learn('one', a);
    old.learn('two', c);
    old.learn('n1.x', b);
    const [d, e] = three();
    const successor = new Affinity([d, e], 10);
    successor.inherit(old);
    old.learn('three', b);
    old.learn('four', c);
    const sids = ['one', 'two', 'three', 'four', 'n1.y'];
    expect(sids.map((sid) => successor.peerOf(sid))).toEqual([d, undefined, e, undefined, e]);
    expect([e.tag, d.tag]).toEqual(['n1', undefined]);
  });
});
