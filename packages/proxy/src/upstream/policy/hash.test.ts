import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readProxyOptions } from '../../options/proxy.js';
import type { GivenPeer } from '../../options/proxy.js';
import { Peer } from '../peer.js';
import { ConsistentHash } from './consistent-hash.js';
import { crc32 } from './crc32.js';
import { Hash } from './hash.js';
import { Tried } from './policy.js';
import type { Policy } from './policy.js';
import { Random } from './random.js';
import { RoundRobin } from './round-robin.js';

type Settings = Partial<GivenPeer>;

function peersOf(settings: readonly Settings[]): Peer[] {
  const peers = settings.map((one, index) => ({ host: '127.0.0.1', port: 8_081 + index, ...one }));
  const { upstreams } = readProxyOptions({ listeners: [{ port: 0 }], upstreams: [{ name: 'test', peers }] });
  return (upstreams[0]?.peers ?? []).map((options, index) => new Peer(options, index, () => 0));
}

function never(): never {
  throw new Error('expected that nobody asks');
}

let hashed = '';
const key = (): string => hashed;

/** Index of the peer that a key's request goes to. */
function pick(policy: Policy, peers: readonly Peer[], text: string, tried = new Tried()): number {
  hashed = text;
  return policy.pick({ clientAddress: '', opens: undefined, tried, facts: never }, peers)?.index ?? -1;
}

const plain = (): Policy => new Hash(key, new RoundRobin());
const ketama = (peers: readonly Peer[]): Policy => new ConsistentHash(key, peers, new RoundRobin());
const weights = (most: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: most });
const keys = Array.from({ length: 2_000 }, (_, i) => `key ${i}`);

function shares(policy: Policy, peers: readonly Peer[]): number[] {
  const counts = peers.map(() => 0);
  for (const one of keys) {
    const index = pick(policy, peers, one);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts;
}

test('crc32 gives the check value of the algorithm, in one piece or in two', () => {
  expect(crc32('123456789')).toBe(0xcbf43926);
  expect(crc32('6789', crc32('12345'))).toBe(0xcbf43926);
  expect(crc32('')).toBe(0);
});

describe.each([
  ['hash', plain],
  ['consistent_hash', ketama],
])('%s', (_name, create) => {
  test('one key always gets one peer, and never a tried one', () => {
    fc.assert(
      fc.property(weights(8), fc.string({ minLength: 1 }), (given, text) => {
        const peers = peersOf(given.map((weight) => ({ weight })));
        const policy = create(peers);
        const first = pick(policy, peers, text);
        expect(pick(policy, peers, text)).toBe(first);
        const tried = new Tried();
        tried.add(peers[first] ?? never());
        expect(pick(policy, peers, text, tried)).not.toBe(first);
      }),
    );
  });

  test('keys are distributed about in proportion to the weights', () => {
    const peers = peersOf([{ weight: 1 }, { weight: 2 }, { weight: 5 }]);
    const counts = shares(create(peers), peers);
    counts.forEach((count, i) => {
      const due = (keys.length * (peers[i]?.options.weight ?? 0)) / 8;
      expect(Math.abs(count - due) / due).toBeLessThan(0.3);
    });
  });

  test('the keys of all other peers stay when one peer goes down', () => {
    fc.assert(
      fc.property(weights(6), fc.nat(), (given, choice) => {
        const gone = choice % given.length;
        const before = peersOf(given.map((weight) => ({ weight })));
        const after = peersOf(given.map((weight, i) => ({ weight, down: i === gone })));
        const [old, fresh] = [create(before), create(after)];
        for (const one of keys.slice(0, 100)) {
          const was = pick(old, before, one);
          const is = pick(fresh, after, one);
          expect(was === gone ? is !== gone : is === was).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('an empty key falls back to round robin', () => {
    const peers = peersOf([{}, {}, {}]);
    const policy = create(peers);
    expect([1, 2, 3, 4].map(() => pick(policy, peers, ''))).toEqual([0, 1, 2, 0]);
  });
});

describe('hash', () => {
  test('hash agrees with nginx’s rule, try by try', () => {
    fc.assert(
      fc.property(weights(8), fc.string({ minLength: 1 }), (given, text) => {
        const peers = peersOf(given.map((weight) => ({ weight })));
        const slots = given.flatMap((weight, index) => Array.from({ length: weight }, () => index));
        const policy = plain();
        const tried = new Tried();
        let sum = 0;
        let misses = 0;
        for (let rehash = 0; misses <= 20; rehash++) {
          sum += (crc32(`${rehash > 0 ? rehash : ''}${text}`) >>> 16) & 0x7fff;
          const index = slots[sum % slots.length] ?? -1;
          const peer = peers[index] ?? never();
          if (tried.has(peer)) {
            misses++;
            continue;
          }
          expect(pick(policy, peers, text, tried)).toBe(index);
          tried.add(peer);
          if (tried.size === peers.length) return;
        }
      }),
    );
  });
});

describe('consistent_hash', () => {
  test('a new server takes keys from the others, and no key moves between those', () => {
    fc.assert(
      fc.property(weights(6), fc.integer({ min: 1, max: 5 }), (given, own) => {
        const few = peersOf(given.map((weight, i) => ({ weight, port: 9_000 + i })));
        const more = peersOf([
          ...given.map((weight, i) => ({ weight, port: 9_000 + i })),
          { weight: own, port: 7_000 },
        ]);
        const [old, fresh] = [ketama(few), ketama(more)];
        for (const one of keys.slice(0, 100)) {
          const is = pick(fresh, more, one);
          expect([few.length, pick(old, few, one)]).toContain(is);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('the addresses of one server take turns on its points of the ring', () => {
    const server = 'name.test:80';
    const peers = peersOf([{ server }, { server }, { server: 'other.test' }]);
    const policy = ketama(peers);
    const mine = keys.find((one) => pick(policy, peers, one) < 2) ?? never();
    const next = [1, 2, 3, 4].map(() => pick(policy, peers, mine));
    expect(next.toSorted((a, b) => a - b)).toEqual([0, 0, 1, 1]);
    expect(next[0]).not.toBe(next[1]);
  });
});

describe('random', () => {
  test('random draws each peer in proportion to its weight', () => {
    fc.assert(
      fc.property(weights(8), (given) => {
        const peers = peersOf(given.map((weight) => ({ weight })));
        const total = given.reduce((sum, one) => sum + one, 0);
        const counts = given.map(() => 0);
        for (let i = 0; i < total; i++) {
          const index = pick(new Random(false, new RoundRobin(), () => (i + 0.5) / total), peers, '');
          counts[index] = (counts[index] ?? 0) + 1;
        }
        expect(counts).toEqual(given);
      }),
    );
  });

  test('random two takes the peer of two with the lower load for its weight', () => {
    const peers = peersOf([{ weight: 1 }, { weight: 3 }, {}]);
    for (let i = 0; i < 2; i++) peers[0]?.acquire();
    for (let i = 0; i < 5; i++) peers[1]?.acquire();
    const draws = [0, 0, 0.3];
    let at = 0;
    const policy = new Random(true, new RoundRobin(), () => draws[at++ % draws.length] ?? 0);
    // 2 of weight 1 is more than 5 of weight 3; the second draw of the same peer does not count.
    expect(pick(policy, peers, '')).toBe(1);
  });

  test('random two falls back to round robin when only one peer is available', () => {
    const peers = peersOf([{ down: true }, {}, { down: true }]);
    expect(pick(new Random(true, new RoundRobin()), peers, '')).toBe(1);
  });
});
