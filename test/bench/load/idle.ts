import { readMemory } from '../process/proc.js';
import { openAll, urlFor } from './connection.js';
import type { Figures, Job } from './job.js';
import { parameter } from './job.js';
import { known } from './meter.js';
import { openWebSocket } from './web-socket.js';

/**
 * These connections are opened and closed before the first reading, so that compiled code and pools do not count as
 * memory of connections.
 */
const BEFORE = 100;
const AT_ONCE = 100;

/** Opens idle WebSockets and measures the memory that each adds to the proxy and to the backend. */
export async function idle(job: Job): Promise<Figures> {
  const { proxy, backends, clock } = job;
  const count = parameter(job, 'connections');
  let failure: Error | undefined;
  const open = (index: number) =>
    openWebSocket(urlFor(job.urls, index), {
      onFrame: () => undefined,
      onEnd: (error) => {
        failure = error;
      },
    });
  for (const client of await openAll(BEFORE, AT_ONCE, open)) client.destroy();
  await settle(clock.warmUp);
  const before = [proxy, backends].map(readMemory);
  const started = performance.now();
  const clients = await openAll(count, AT_ONCE, open);
  const seconds = (performance.now() - started) / 1_000;
  await settle(clock.window);
  const [proxyMemory, backendMemory] = [proxy, backends].map(
    (pids, index) => (readMemory(pids) - (before[index] ?? 0)) / count,
  );
  for (const client of clients) client.destroy();
  if (failure !== undefined) throw failure;
  return {
    rate: count / seconds,
    ...known({ proxyMemory: proxy.length === 0 ? undefined : proxyMemory, backendMemory }),
  };
}

/** Leaves time for garbage collection and late frees. */
function settle(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
