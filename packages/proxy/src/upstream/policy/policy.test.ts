import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readProxyOptions } from '../../options/proxy.js';
import type { GivenPeer } from '../../options/proxy.js';
import { Peer } from '../peer.js';
import { ConsistentHash } from './consistent-hash.js';
import { Hash } from './hash.js';
import { IpHash } from './ip-hash.js';
import { LeastConn } from './least-conn.js';
import { Tried } from './policy.js';
import type { PickRequest, Policy } from './policy.js';
import { Random } from './random.js';
import { RoundRobin } from './round-robin.js';

/** The key that hashing policies are given: the client's address of the request made last. */
let hashed = '';
const key = (): string => hashed;

const policies: readonly (readonly [string, (peers: readonly Peer[]) => Policy])[] = [
  ['round_robin', () => new RoundRobin()],
  ['ip_hash', () => new IpHash(new RoundRobin())],
  ['least_conn', () => new LeastConn()],
  ['hash', () => new Hash(key, new RoundRobin())],
  ['consistent_hash', (peers) => new ConsistentHash(key, peers, new RoundRobin())],
  ['random', () => new Random(false, new RoundRobin())],
  ['random two', () => new Random(true, new RoundRobin())],
];

type Settings = Partial<GivenPeer>;

function peersOf(settings: readonly Settings[], now: () => number = () => 0): Peer[] {
  const peers = settings.map((one, index) => ({ host: '127.0.0.1', port: 9_000 + index, ...one }));
  const { upstreams } = readProxyOptions({ listeners: [{ port: 0 }], upstreams: [{ name: 'test', peers }] });
  return (upstreams[0]?.peers ?? []).map((options, index) => new Peer(options, index, now));
}

function request(clientAddress = '127.0.0.1', tried = new Tried()): PickRequest {
  hashed = clientAddress;
  return { clientAddress, opens: undefined, tried, facts: never };
}

function triedOf(...peers: readonly Peer[]): Tried {
  const tried = new Tried();
  for (const peer of peers) tried.add(peer);
  return tried;
}

/** The indexes picked by so many requests that all end before the next. */
function sequence(policy: Policy, peers: readonly Peer[], times: number, address?: string): number[] {
  return Array.from({ length: times }, () => policy.pick(request(address), peers)?.index ?? -1);
}

function fail(peer: Peer, times = 1): void {
  for (let i = 0; i < times; i++) {
    peer.acquire();
    peer.release(false);
  }
}

const seldom = fc.nat(5).map((n) => n === 0);
const peerState = fc.record({
  weight: fc.integer({ min: 1, max: 6 }),
  down: seldom,
  drain: seldom,
  maxConns: fc.integer({ min: 0, max: 3 }),
  maxFails: fc.integer({ min: 0, max: 2 }),
  failures: fc.integer({ min: 0, max: 3 }),
  active: fc.integer({ min: 0, max: 4 }),
  tried: fc.boolean(),
});
type PeerState = typeof peerState extends fc.Arbitrary<infer T> ? T : never;

/** Said apart from `Peer.available`, so that the two check each other. */
function isUsable(state: PeerState): boolean {
  if (state.down || state.drain || state.tried) return false;
  if (state.maxConns > 0 && state.active >= state.maxConns) return false;
  return state.maxFails === 0 || state.failures < state.maxFails;
}

function inState(states: readonly PeerState[]): { peers: Peer[]; tried: Tried } {
  const peers = peersOf(
    states.map(({ weight, down, drain, maxConns, maxFails }) => ({ weight, down, drain, maxConns, maxFails })),
  );
  const tried = new Tried();
  states.forEach((state, index) => {
    const peer = peers[index];
    if (peer === undefined) return;
    fail(peer, state.failures);
    for (let i = 0; i < state.active; i++) peer.acquire();
    if (state.tried) tried.add(peer);
  });
  return { peers, tried };
}

const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('unix:', '', '::ffff:10.1.2.3', 'no address'));

describe.each(policies)('%s', (_name, create) => {
  test('the policy picks an available, untried peer whenever there is one, and otherwise none', () => {
    fc.assert(
      fc.property(fc.array(peerState, { minLength: 1, maxLength: 12 }), address, (states, clientAddress) => {
        const { peers, tried } = inState(states);
        const policy = create(peers);
        for (let i = 0; i < 3; i++) {
          const picked = policy.pick(request(clientAddress, tried), peers);
          const usable = states.flatMap((state, index) => (isUsable(state) ? [index] : []));
          expect(usable.length === 0 ? [undefined] : usable).toContain(picked?.index);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('the policy reaches every available peer once when each pick counts as tried', () => {
    fc.assert(
      fc.property(fc.array(peerState, { minLength: 1, maxLength: 40 }), address, (states, clientAddress) => {
        const { peers, tried } = inState(states);
        const policy = create(peers);
        const picked: number[] = [];
        for (let next = policy.pick(request(clientAddress, tried), peers); next !== undefined;) {
          picked.push(next.index);
          tried.add(next);
          next = policy.pick(request(clientAddress, tried), peers);
        }
        const usable = states.flatMap((state, index) => (isUsable(state) ? [index] : []));
        expect(picked.toSorted((a, b) => a - b)).toEqual(usable);
      }),
    );
  });

  test('the policy picks nothing from an empty list', () => {
    expect(create([]).pick(request(), [])).toBeUndefined();
  });

  test('the policy leaves the count of active requests to its caller', () => {
    const peers = peersOf([{}, {}]);
    create(peers).pick(request(), peers);
    expect(peers.map((peer) => peer.active)).toEqual([0, 0]);
  });
});

describe('round_robin', () => {
  test('round_robin gives nginx’s sequence for weights 5, 1, 1: a a b a c a a', () => {
    const peers = peersOf([{ weight: 5 }, {}, {}]);
    expect(sequence(new RoundRobin(), peers, 14)).toEqual([0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 0, 2, 0, 0]);
  });

  test('round_robin gives each peer exactly its weight in every full cycle, wherever the cycle begins', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }),
        fc.nat(50),
        (weights, lead) => {
          const peers = peersOf(weights.map((weight) => ({ weight })));
          const policy = new RoundRobin();
          const cycle = weights.reduce((sum, weight) => sum + weight, 0);
          sequence(policy, peers, lead);
          const counts = weights.map(() => 0);
          for (const index of sequence(policy, peers, cycle)) counts[index] = (counts[index] ?? 0) + 1;
          expect(counts).toEqual(weights);
        },
      ),
    );
  });

  test('round_robin raises the weight of a failed peer step by step', () => {
    const clock = { now: 0 };
    const peers = peersOf([{ weight: 4 }, { weight: 4 }], () => clock.now);
    const [first] = peers;
    if (first === undefined) throw new Error('no peer');
    fail(first);
    expect(first.effectiveWeight).toBe(0);
    clock.now = 10_001;
    // By hand from nginx's rule: it gains 0, 1, 2, 3, 4, 4 against 4, and whoever is picked pays the sum.
    expect(sequence(new RoundRobin(), peers, 6)).toEqual([1, 1, 0, 1, 0, 1]);
    expect(first.effectiveWeight).toBe(4);
  });
});

describe('least_conn', () => {
  test('least_conn picks a peer with the least active requests for its weight', () => {
    fc.assert(
      fc.property(fc.array(peerState, { minLength: 1, maxLength: 12 }), (states) => {
        const { peers, tried } = inState(states);
        const picked = new LeastConn().pick(request('', tried), peers);
        const shares = states.filter(isUsable).map((state) => state.active / state.weight);
        const share = picked === undefined ? Infinity : picked.active / picked.options.weight;
        expect(share).toBe(Math.min(...shares));
      }),
      { numRuns: 1_000 },
    );
  });

  test('least_conn takes turns by weight among equals, as round robin does', () => {
    const settings = [{ weight: 5 }, {}, {}];
    const byTurns = sequence(new RoundRobin(), peersOf(settings), 21);
    expect(sequence(new LeastConn(), peersOf(settings), 21)).toEqual(byTurns);
  });

  test('least_conn spreads requests that never end in proportion to weight', () => {
    const peers = peersOf([{ weight: 3 }, {}, { weight: 2 }]);
    const policy = new LeastConn();
    for (let i = 0; i < 60; i++) policy.pick(request(), peers)?.acquire();
    expect(peers.map((peer) => peer.active)).toEqual([30, 10, 20]);
  });

  test('least_conn leaves the round robin as it is when a single peer has the least', () => {
    const peers = peersOf([{ weight: 4 }, { weight: 4 }, { weight: 4, maxFails: 2 }]);
    peers[0]?.acquire();
    peers[1]?.acquire();
    fail(peers[2] ?? never());
    expect(sequence(new LeastConn(), peers, 5)).toEqual([2, 2, 2, 2, 2]);
    expect(peers.map((peer) => peer.effectiveWeight)).toEqual([4, 4, 2]);
  });
});

/** nginx's rule told again, carrying the hash from try to try as nginx does. undefined: round robin decides. */
class HashWalk {
  #hash = 89;
  #misses = 0;
  readonly #bytes: readonly number[];
  readonly #weights: readonly number[];

  constructor(bytes: readonly number[], weights: readonly number[]) {
    this.#bytes = bytes;
    this.#weights = weights;
  }

  next(usable: (index: number) => boolean): number | undefined {
    const slots = this.#weights.flatMap((weight, index) => Array.from({ length: weight }, () => index));
    while (this.#misses <= 20) {
      this.#hash = this.#bytes.reduce((hash, byte) => (hash * 113 + byte) % 6271, this.#hash);
      const index = slots[this.#hash % slots.length] ?? -1;
      if (usable(index)) return index;
      this.#misses++;
    }
    return undefined;
  }
}

function wordsOf(part: string): number[] {
  return part === '' ? [] : part.split(':').map((word) => parseInt(word, 16));
}

/** The bytes of an IPv6 text that has all of them or one `::`. */
function ipv6BytesOf(text: string): number[] {
  const [head = '', tail] = text.split('::');
  const before = wordsOf(head);
  const after = wordsOf(tail ?? '');
  const all = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
  return all.flatMap((word) => [word >> 8, word & 255]);
}

const plainIpv6 = fc
  .array(fc.integer({ min: 1, max: 0xffff }), { minLength: 1, maxLength: 8 })
  .map((words) => words.map((word) => word.toString(16)))
  .map((words) => (words.length === 8 ? words.join(':') : `${words.slice(1).join(':')}::${words[0] ?? ''}`));

const hashedAddress = fc.oneof(
  fc.ipV4().map((text) => ({ text, bytes: text.split('.').slice(0, 3).map(Number) })),
  fc.ipV4().map((text) => ({ text: `::ffff:${text}`, bytes: text.split('.').slice(0, 3).map(Number) })),
  plainIpv6.map((text) => ({ text, bytes: ipv6BytesOf(text) })),
  fc.constant({ text: 'unix:', bytes: [0, 0, 0] }),
);

describe('ip_hash', () => {
  test.each([
    ['127.0.1.9', 0],
    ['127.0.2.200', 1],
    ['192.168.1.1', 1],
  ])('ip_hash places %s on peer %i of three equal peers', (clientAddress, index) => {
    expect(sequence(new IpHash(new RoundRobin()), peersOf([{}, {}, {}]), 3, clientAddress)).toEqual([
      index,
      index,
      index,
    ]);
  });

  test('ip_hash places a whole IPv4 /24 on one peer, in whichever notation', () => {
    const policy = new IpHash(new RoundRobin());
    const peers = peersOf([{}, {}, {}, {}, {}]);
    const picked = new Set<number>();
    for (let last = 0; last < 256; last++) {
      for (const text of [`203.0.113.${last}`, `::ffff:203.0.113.${last}`, `::FFFF:cb00:71${hexByte(last)}`]) {
        picked.add(policy.pick(request(text), peers)?.index ?? -1);
      }
    }
    expect(picked.size).toBe(1);
  });

  test('ip_hash agrees with nginx’s rule over 1,000 addresses, with weights and down, draining, failed and full peers', () => {
    const states = fc.array(peerState, { minLength: 2, maxLength: 12 });
    let compared = 0;
    fc.assert(
      fc.property(hashedAddress, states, (client, given) => {
        const drawn = given.map((state) => ({ ...state, tried: false }));
        const { peers, tried } = inState(drawn);
        const policy = new IpHash(new RoundRobin());
        const walk = new HashWalk(
          client.bytes,
          drawn.map((state) => state.weight),
        );
        const used = new Set<number>();
        for (;;) {
          const expected = walk.next((index) => isUsable(drawn[index] ?? never()) && !used.has(index));
          if (expected === undefined) return;
          const picked = policy.pick(request(client.text, tried), peers);
          expect(picked?.index).toBe(expected);
          compared++;
          used.add(expected);
          tried.add(peers[expected] ?? never());
        }
      }),
      { numRuns: 1_500 },
    );
    expect(compared).toBeGreaterThan(1_000);
  });

  test('ip_hash keeps every client on its peer while another peer fails, and returns those of the failed peer', () => {
    const clock = { now: 0 };
    const peers = peersOf([{}, {}, {}, {}], () => clock.now);
    const policy = new IpHash(new RoundRobin());
    const addresses = Array.from({ length: 500 }, (_, i) => `10.${i >> 8}.${i & 255}.7`);
    const where = (): number[] => addresses.map((one) => policy.pick(request(one), peers)?.index ?? -1);
    const before = where();
    const second = peers[1] ?? never();
    fail(second);
    const during = where();
    expect(during.filter((index, i) => index !== before[i]).length).toBe(before.filter((index) => index === 1).length);
    expect(during).not.toContain(1);
    clock.now = 10_001;
    expect(where()).toEqual(before);
  });

  test('ip_hash falls back to round robin when 21 points in a row have no available peer', () => {
    // 1,000 shares of a peer that is down leave the hash no chance for this address.
    const peers = peersOf([{ weight: 1_000, down: true }, {}, {}]);
    expect(sequence(new IpHash(new RoundRobin()), peers, 6, '198.51.100.1')).toEqual([1, 2, 1, 2, 1, 2]);
  });
});

describe('Tried', () => {
  test('Tried holds each added peer once', () => {
    const [a, b] = peersOf([{}, {}]);
    const tried = triedOf(a ?? never(), a ?? never());
    expect([tried.size, tried.has(a ?? never()), tried.has(b ?? never())]).toEqual([1, true, false]);
  });
});

function hexByte(value: number): string {
  return value.toString(16).padStart(2, '0');
}

function never(): never {
  throw new Error('expected a peer here');
}
