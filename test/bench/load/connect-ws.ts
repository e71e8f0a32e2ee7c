import { once } from 'node:events';
import { urlFor } from './connection.js';
import type { Figures, Job } from './job.js';
import { parameter } from './job.js';
import { Meter } from './meter.js';
import { CLOSE_FRAME, openWebSocket } from './web-socket.js';

/**
 * Opens and closes WebSockets in turn, `atOnce` of them at a time. A unit is one WebSocket; its time is that from
 * connect to the 101.
 */
export async function connectWs(job: Job): Promise<Figures> {
  const meter = new Meter(job);
  const work = async (first: number): Promise<void> => {
    for (let index = first; !meter.over; index++) {
      const started = performance.now();
      // The server closes the connection after it has answered the close frame.
      const client = await openWebSocket(urlFor(job.urls, index), {
        onFrame: () => undefined,
        onEnd: () => undefined,
      });
      meter.done(performance.now() - started);
      const closed = once(client.socket, 'close');
      client.send(CLOSE_FRAME);
      await closed;
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
