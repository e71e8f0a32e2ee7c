import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readProxyOptions } from '../options/proxy.js';
import type { PeerNews } from '../options/siblings.js';
import { SharedPeers } from './shared-peers.js';
import { Upstream } from './upstream.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function shared(): { upstream: Upstream; peers: SharedPeers; told: (readonly PeerNews[])[] } {
  const { upstreams } = readProxyOptions({
    listeners: [{ port: 0 }],
    upstreams: [
      {
        name: 'app',
        policy: 'least_conn',
        peers: [
          { host: '127.0.0.1', port: 1, maxConns: 3 },
          { host: '127.0.0.1', port: 2 },
        ],
      },
    ],
  });
  const [options] = upstreams;
  if (options === undefined) throw new Error('one upstream');
  const upstream = new Upstream(options, () => 0);
  const told: (readonly PeerNews[])[] = [];
  const siblings = {
    learned: () => undefined,
    find: () => Promise.resolve(undefined),
    peersChanged: (_name: string, news: readonly PeerNews[]) => told.push(news),
  };
  const peers = new SharedPeers(upstream, siblings);
  peers.start();
  return { upstream, peers, told };
}

test('a change is reported once, within 100 ms', () => {
  const { upstream, told } = shared();
  const [a] = upstream.peers;
  a?.acquire();
  a?.acquire();
  vi.advanceTimersByTime(100);
  a?.release(false);
  vi.advanceTimersByTime(300);
  a?.release(true);
  vi.advanceTimersByTime(100);
  expect(told).toEqual([
    [{ peer: '127.0.0.1:1', active: 2, failures: 0 }],
    [{ peer: '127.0.0.1:1', active: 1, failures: 1 }],
    [{ peer: '127.0.0.1:1', active: 0, failures: 0 }],
  ]);
});

test('requests of another process count until that process ends', () => {
  const { upstream, peers } = shared();
  const [a] = upstream.peers;
  peers.hear(7, [{ peer: '127.0.0.1:1', active: 2, failures: 0 }]);
  peers.hear(8, [{ peer: '127.0.0.1:1', active: 2, failures: 0 }]);
  peers.hear(8, [{ peer: '127.0.0.1:1', active: 1, failures: 0 }]);
  expect([a?.load, a?.full]).toEqual([3, true]);
  peers.forget(7);
  expect([a?.load, a?.full]).toEqual([1, false]);
});

test('a failure in another process counts like a failure here', () => {
  const { upstream, peers } = shared();
  peers.hear(7, [{ peer: '127.0.0.1:2', active: 0, failures: 1 }]);
  expect(upstream.peers.map(({ available }) => available)).toEqual([true, false]);
});
