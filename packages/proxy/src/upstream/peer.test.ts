import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readProxyOptions } from '../options/proxy.js';
import type { GivenPeer } from '../options/proxy.js';
import { Peer } from './peer.js';

function peerWith(settings: Partial<GivenPeer>, now: () => number = () => 0): Peer {
  const peers = [{ host: '127.0.0.1', port: 9_000, ...settings }];
  const { upstreams } = readProxyOptions({ listeners: [{ port: 0 }], upstreams: [{ name: 'test', peers }] });
  const options = upstreams[0]?.peers[0];
  if (options === undefined) throw new Error('expected one peer');
  return new Peer(options, 0, now);
}

function attempt(peer: Peer, ok: boolean): void {
  peer.chosen();
  peer.acquire();
  peer.release(ok);
}

test('a peer is named host:port, with an IPv6 address in brackets', () => {
  expect(peerWith({ host: 'node-1' }).name).toBe('node-1:9000');
  expect(peerWith({ host: '::1' }).name).toBe('[::1]:9000');
});

describe('Peer.available', () => {
  test.each([
    [{}, true],
    [{ down: true }, false],
    [{ drain: true }, false],
    [{ backup: true }, true],
  ])('with %o available is %s', (settings, available) => {
    expect(peerWith(settings).available).toBe(available);
  });

  test('a peer is unavailable at max_conns until a request ends', () => {
    const peer = peerWith({ maxConns: 2 });
    peer.acquire();
    expect(peer.available).toBe(true);
    peer.acquire();
    expect([peer.full, peer.available]).toEqual([true, false]);
    peer.release(true);
    expect(peer.available).toBe(true);
  });
});

describe('max_fails and fail_timeout', () => {
  test('a peer is out for fail_timeout after max_fails failures, to the millisecond', () => {
    const clock = { now: 500 };
    const peer = peerWith({ maxFails: 3, failTimeout: 1_000 }, () => clock.now);
    attempt(peer, false);
    attempt(peer, false);
    expect(peer.healthy).toBe(true);
    attempt(peer, false);
    expect(peer.healthy).toBe(false);
    clock.now = 1_500;
    expect(peer.healthy).toBe(false);
    clock.now = 1_501;
    expect(peer.healthy).toBe(true);
  });

  test('after fail_timeout one request tries the peer, and no other before it succeeds', () => {
    const clock = { now: 0 };
    const peer = peerWith({ failTimeout: 1_000 }, () => clock.now);
    attempt(peer, false);
    clock.now = 1_001;
    peer.chosen();
    peer.acquire();
    expect(peer.healthy).toBe(false);
    peer.release(true);
    expect([peer.healthy, peer.fails]).toEqual([true, 0]);
  });

  test('a tunnel that opens makes the peer healthy at once', () => {
    const clock = { now: 0 };
    const peer = peerWith({ failTimeout: 1_000 }, () => clock.now);
    attempt(peer, false);
    clock.now = 1_001;
    peer.chosen();
    peer.acquire();
    peer.succeeded();
    expect([peer.healthy, peer.active]).toEqual([true, 1]);
  });

  test('a failed trial takes the peer out for another fail_timeout', () => {
    const clock = { now: 0 };
    const peer = peerWith({ failTimeout: 1_000 }, () => clock.now);
    attempt(peer, false);
    clock.now = 1_001;
    attempt(peer, false);
    clock.now = 2_001;
    expect(peer.healthy).toBe(false);
    clock.now = 2_002;
    expect(peer.healthy).toBe(true);
  });

  test('an older request that succeeds does not make the peer healthy', () => {
    const peer = peerWith({});
    peer.chosen();
    peer.acquire();
    attempt(peer, false);
    peer.release(true);
    expect(peer.healthy).toBe(false);
  });

  test('a single failure of several allowed is forgotten after fail_timeout', () => {
    const clock = { now: 0 };
    const peer = peerWith({ maxFails: 2, failTimeout: 1_000 }, () => clock.now);
    attempt(peer, false);
    clock.now = 1_001;
    attempt(peer, true);
    attempt(peer, false);
    expect(peer.healthy).toBe(true);
  });

  test('max_fails=0 never takes the peer out', () => {
    const peer = peerWith({ maxFails: 0 });
    for (let i = 0; i < 50; i++) attempt(peer, false);
    expect([peer.healthy, peer.effectiveWeight, peer.failures]).toEqual([true, 1, 50]);
  });

  test.each([
    [8, 1, 0],
    [8, 2, 4],
    [8, 3, 6],
    [2, 3, 2],
  ])('weight %i with max_fails %i has effective weight %i after one failure', (weight, maxFails, effective) => {
    const peer = peerWith({ weight, maxFails });
    attempt(peer, false);
    expect(peer.effectiveWeight).toBe(effective);
  });
});

test('counts stay right over any order of calls, a surplus release included', () => {
  const calls = fc.array(fc.constantFrom('acquire', 'ok', 'failed'), { maxLength: 60 });
  fc.assert(
    fc.property(calls, fc.integer({ min: 1, max: 9 }), (order, weight) => {
      const peer = peerWith({ weight, maxFails: 2 });
      let active = 0;
      let failures = 0;
      for (const call of order) {
        if (call === 'acquire') {
          peer.acquire();
          active++;
        } else {
          peer.release(call === 'ok');
          if (active > 0 && call === 'failed') failures++;
          active = Math.max(0, active - 1);
        }
      }
      expect([peer.active, peer.failures]).toEqual([active, failures]);
      expect(peer.counts.requests).toBe(order.filter((call) => call === 'acquire').length);
      expect(peer.effectiveWeight).toBeGreaterThanOrEqual(0);
    }),
  );
});

describe('Peer.holdsSessions', () => {
  test.each([{ drain: true }, { maxConns: 1 }, {}])(
    'a session stays with a peer that takes no new ones: %o',
    (settings) => {
      const peer = peerWith(settings);
      peer.acquire();
      expect(peer.holdsSessions).toBe(true);
    },
  );

  test('a peer that is down holds no sessions', () => {
    expect(peerWith({ down: true }).holdsSessions).toBe(false);
  });

  test('a failed request moves no session', () => {
    const peer = peerWith({});
    attempt(peer, false);
    expect([peer.available, peer.holdsSessions]).toEqual([false, true]);
  });

  test('an unreachable peer loses its sessions for fail_timeout, then one request tries it', () => {
    const clock = { now: 0 };
    const peer = peerWith({ failTimeout: 1_000, maxFails: 0 }, () => clock.now);
    peer.connectFailed();
    expect(peer.holdsSessions).toBe(false);
    clock.now = 1_001;
    expect(peer.holdsSessions).toBe(true);
    peer.chosen();
    expect(peer.holdsSessions).toBe(false);
    peer.connected();
    expect(peer.holdsSessions).toBe(true);
  });
});
