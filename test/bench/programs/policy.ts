/**
 * Measures the policies of the balancer: receives the number of peers as a message, and answers with the figures of
 * each policy. It runs with --expose-gc and a young generation so large that nothing is collected while allocation is
 * measured.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createProxy, OptionError } from '@pinwheel/proxy';

const PICKS = 100_000;

/** The part of the balancer's `Upstream` that is used here; the package does not export it. */
interface Picks {
  pick(request: unknown): unknown;
}
interface Classes {
  readonly Upstream: new (options: unknown) => Picks;
  readonly Tried: new () => object;
}

export interface PolicyFigures {
  readonly policy: string;
  /** Nanoseconds and bytes allocated, per pick. */
  readonly nanoseconds: number;
  readonly bytes: number;
}

async function classes(): Promise<Classes> {
  const folder = dirname(createRequire(import.meta.url).resolve('@pinwheel/proxy'));
  const load = (file: string): Promise<Classes> => import(pathToFileURL(join(folder, file)).href);
  return { ...(await load('upstream/upstream.js')), ...(await load('upstream/policy/policy.js')) };
}

const { Upstream, Tried } = await classes();

/** Clients of many networks; `ip_hash` uses three octets. */
const ADDRESSES = Array.from({ length: 1_024 }, (_, i) => `10.${i >> 4}.${(i * 37) & 255}.${i & 255}`);
const FACTS = {};
const REQUESTS = ADDRESSES.map((clientAddress) => {
  return { clientAddress, opens: undefined, tried: new Tried(), facts: () => FACTS };
});

const KINDS = [
  { policy: 'round_robin' },
  { policy: 'ip_hash' },
  { policy: 'least_conn' },
  { policy: 'hash', key: true },
  { policy: 'consistent_hash', key: true },
  { policy: 'random' },
  { policy: 'random_two' },
];

function upstreamOf({ policy, key }: (typeof KINDS)[number], peers: number): Picks {
  let next = 0;
  return new Upstream({
    name: 'policy',
    policy,
    stickySid: false,
    learnedSids: 1,
    keepalive: { connections: 0, requests: 1, time: 1, timeout: 1 },
    ...(key === true ? { hashKey: () => ADDRESSES[next++ & 1_023] ?? '' } : {}),
    peers: Array.from({ length: peers }, (_, index) => {
      return {
        host: '127.0.0.1',
        port: 10_000 + index,
        weight: 1,
        maxFails: 1,
        failTimeout: 10_000,
        maxConns: 0,
        down: false,
        backup: false,
        drain: false,
      };
    }),
  });
}

function pickMany(upstream: Picks, count: number): void {
  for (let i = 0; i < count; i++) {
    if (upstream.pick(REQUESTS[i & 1_023]) === undefined) throw new Error('the policy chose no peer');
  }
}

function measure(kind: (typeof KINDS)[number], peers: number): PolicyFigures {
  const upstream = upstreamOf(kind, peers);
  const picks = Math.max(2_000, Math.floor(PICKS / Math.max(1, peers / 16)));
  pickMany(upstream, picks);
  let nanoseconds = Number.POSITIVE_INFINITY;
  let bytes = Number.POSITIVE_INFINITY;
  // The least of three passes, because other work in the process may add time and allocations to a pass.
  for (let pass = 0; pass < 3; pass++) {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    const started = process.hrtime.bigint();
    pickMany(upstream, picks);
    const ended = process.hrtime.bigint();
    bytes = Math.min(bytes, Math.max(0, process.memoryUsage().heapUsed - before) / picks);
    nanoseconds = Math.min(nanoseconds, Number(ended - started) / picks);
  }
  return { policy: kind.policy, nanoseconds, bytes };
}

/** Older versions of the balancer lack some policies, so the names come from its options. */
const known = KINDS.filter(({ policy, key }) => {
  const upstream = {
    name: 'policy',
    policy,
    peers: [{ host: '127.0.0.1', port: 1 }],
    ...(key === true ? { hashKey: '' } : {}),
  };
  try {
    Reflect.apply(createProxy, undefined, [{ listeners: [{ port: 0 }], upstreams: [upstream] }]);
    return true;
  } catch (error) {
    if (error instanceof OptionError) return false;
    throw error;
  }
});

process.on('message', (peers: number) => {
  process.send?.(known.map((kind) => measure(kind, peers)));
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
