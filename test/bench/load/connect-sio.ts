import { connect } from '@pinwheel/testing/connect';
import { urlFor } from './connection.js';
import type { Figures, Job } from './job.js';
import { parameter } from './job.js';
import { Meter } from './meter.js';

/**
 * Connects default socket.io-clients, `atOnce` of them at a time: four polling requests, the upgrade and its probe. A
 * unit is one client; its time is that from `io()` to the end of the upgrade.
 */
export async function connectSio(job: Job): Promise<Figures> {
  const meter = new Meter(job);
  const work = async (first: number): Promise<void> => {
    for (let index = first; !meter.over; index++) {
      const { client, upgradeMs, errors } = await connect(urlFor(job.urls, index).origin, {
        rejectUnauthorized: false,
      });
      client.disconnect();
      if (errors.length > 0) throw new Error(`connect_error: ${errors.join(', ')}`);
      meter.done(upgradeMs);
    }
  };
  const workers = Array.from({ length: parameter(job, 'atOnce') }, (_, index) =>
    work(index).catch((error: unknown) => meter.fail(error instanceof Error ? error : new Error(String(error)))),
  );
  try {
    return await meter.measure();
  } finally {
    await Promise.all(workers);
  }
}
