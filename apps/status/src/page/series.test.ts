import { expect, test } from 'vitest';
import type { BalancerStatus } from '@pinwheel/admin';
import { Rates, SECONDS, Series, sumOf } from './series.js';

/** A status with these counts. */
function status(uptime: number, requests: number, peerRequests: number): BalancerStatus {
  return {
    uptime,
    requests,
    accepted: 0,
    tunnelsOpened: 1,
    handOffs: 2,
    errors: 0,
    bytesSent: 0,
    bytesReceived: 0,
    peers: [
      {
        upstream: 'nodes',
        name: 'a:1',
        requests: peerRequests,
        sessions: { polling: 1, websocket: 1 },
        errors: { connect_failed: 1 },
        bytesSent: 1,
        bytesReceived: 1,
      },
    ],
  } as unknown as BalancerStatus;
}

const NAME = { upstream: 'nodes', name: 'a:1' };

test('unknown seconds are null, and the newest is last', () => {
  const series = new Series();
  expect([series.values.length, series.last]).toEqual([SECONDS, 0]);
  series.load([1, 2, 3]);
  expect(series.values.slice(-4)).toEqual([null, 1, 2, 3]);
  series.add(7, 2);
  expect(series.values.slice(-4)).toEqual([2, 3, 7, 7]);
  series.load(Array.from({ length: SECONDS + 5 }, (_, index) => index));
  expect([series.values[0], series.last]).toEqual([5, SECONDS + 4]);
});

test('a sum adds the known values when it is read', () => {
  const [one, other] = [new Series(), new Series()];
  const sum = sumOf([one, other]);
  one.load([1, 2]);
  other.load([10]);
  expect(sum.values.slice(-3)).toEqual([null, 1, 12]);
  expect(sum.values).toHaveLength(SECONDS);
});

test('a rate is the difference between one status and the next over the seconds between them', () => {
  const rates = new Rates();
  expect(rates.add(status(10, 100, 50))).toBe(true);
  expect(rates.add(status(12, 140, 60))).toBe(true);
  expect(rates.total.requests.values.slice(-3)).toEqual([null, 20, 20]);
  expect(rates.ofPeer(NAME).requests.last).toBe(5);
  expect(rates.ofPeer(NAME).sessions.last).toBe(0);
});

test('the history of the server comes first', () => {
  const rates = new Rates();
  const nothing = { accepted: [], websockets: [], errors: [], bytesSent: [], bytesReceived: [] };
  rates.load({
    total: { requests: [4, 5], ...nothing },
    peers: [{ ...NAME, requests: [2], sessions: [1], errors: [], bytes: [] }],
  });
  rates.add(status(10, 100, 50));
  rates.add(status(11, 106, 50));
  expect(rates.total.requests.values.slice(-3)).toEqual([4, 5, 6]);
  expect(rates.ofPeer(NAME).sessions.values.slice(-2)).toEqual([1, 0]);
});

test('a restarted server is not a continuation, and gives no negative rate', () => {
  const rates = new Rates();
  rates.add(status(100, 1_000, 1_000));
  expect(rates.add(status(3, 2, 2))).toBe(false);
  expect(rates.total.requests.values.every((value) => value === null)).toBe(true);
  expect(rates.add(status(4, 1, 3))).toBe(true);
  expect([rates.total.requests.last, rates.ofPeer(NAME).requests.last]).toEqual([0, 1]);
});
