import { openAll, urlFor } from './connection.js';
import { BINARY, encodeFrame } from './frames.js';
import type { Figures, Job } from './job.js';
import { parameter } from './job.js';
import { Meter } from './meter.js';
import type { WebSocketClient } from './web-socket.js';
import { openWebSocket } from './web-socket.js';

/**
 * Binary messages that come back as they are; each connection has `inFlight` of them under way. A unit is a message there
 * and back.
 */
export async function wsEcho(job: Job): Promise<Figures> {
  const meter = new Meter(job);
  const size = parameter(job, 'bytes');
  const inFlight = parameter(job, 'inFlight');
  const frame = encodeFrame(BINARY, Buffer.alloc(size, 'x'));
  // Messages that came back together are answered with one write, as one that batches its own would do.
  const batch = Buffer.concat(Array.from({ length: inFlight }, () => frame));

  // Where messages queue for seconds, the window begins when every connection has turned over what it began with.
  let starting = parameter(job, 'connections');
  let begun: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    begun = resolve;
  });

  const clients = await openAll(parameter(job, 'connections'), 50, async (index) => {
    const sentAt = new Float64Array(inFlight);
    let oldest = 0;
    let owed = 0;
    let first = inFlight;
    let now = 0;
    let client: WebSocketClient | undefined;
    const answer = (): void => {
      if (owed > 0) client?.send(batch.subarray(0, owed * frame.length));
      owed = 0;
    };
    client = await openWebSocket(urlFor(job.urls, index), {
      onFrame: () => {
        if (owed === 0) {
          now = performance.now();
          queueMicrotask(answer);
        }
        meter.done(now - (sentAt[oldest] ?? now));
        sentAt[oldest] = now;
        oldest = (oldest + 1) % inFlight;
        owed++;
        if (first > 0 && --first === 0 && --starting === 0) begun();
      },
      onEnd: (error) => meter.fail(error),
    });
    return { client, sentAt };
  });
  for (const { client, sentAt } of clients) {
    sentAt.fill(performance.now());
    client.send(batch);
  }
  try {
    return await meter.measure(ready);
  } finally {
    for (const { client } of clients) client.destroy();
  }
}
