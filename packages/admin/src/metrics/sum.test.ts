import { createProxy, type ProxyStatus } from '@pinwheel/proxy';
import { expect, onTestFinished, test } from 'vitest';
import { sumStatus } from './sum.js';

/** The status of a proxy that has had so many requests, each of which found no peer. */
async function worker(requests: number): Promise<ProxyStatus> {
  const proxy = createProxy({
    listeners: [{ port: 0 }],
    upstreams: [{ name: 'none', peers: [{ host: '127.0.0.1', port: 1 }] }],
    tagQueryAtStart: false,
  });
  onTestFinished(() => proxy.close(0));
  await proxy.listen();
  for (let i = 0; i < requests; i++) await fetch(`http://127.0.0.1:${proxy.addresses[0]?.port}/`);
  return proxy.status();
}

test('the counters of two processes add up, peer by peer', async () => {
  const [one, other] = await Promise.all([worker(2), worker(3)]);
  const sum = sumStatus([one, other]);
  expect(sum).toMatchObject({ requests: 5, errors: 5, errorsByCode: { connect_failed: 5 } });
  expect(sum.upstreams).toHaveLength(1);
  expect(sum.upstreams[0]?.peers).toMatchObject([
    { name: '127.0.0.1:1', requests: 5, failures: 5, errors: { connect_failed: 5 }, reachable: false },
  ]);
});

test('series of two processes are added from their last second back', async () => {
  const status = await worker(0);
  const rate = (samples: readonly number[]): ProxyStatus => ({
    ...status,
    rates: { ...status.rates, requests: { last: 0, max: 0, mean: 0, samples } },
  });
  expect(sumStatus([rate([1, 2, 3]), rate([10])]).rates.requests).toEqual({
    last: 13,
    max: 13,
    mean: 16 / 3,
    samples: [1, 2, 13],
  });
});

test('the sum of no process is zero', () => {
  expect(sumStatus([])).toMatchObject({ uptime: 0, requests: 0, upstreams: [], rates: { requests: { max: 0 } } });
});
