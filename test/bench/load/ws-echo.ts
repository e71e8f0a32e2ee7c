import { openAll, urlFor } from './connection.js';
import { BINARY, encodeFrame } from './frames.js';
import type { Figures, Job } from './job.js';
import { parameter } from './job.js';
import { Meter } from './meter.js';
import type { WebSocketClient } from './web-socket.js';
import { openWebSocket } from './web-socket.js';

/**
 * Sends binary messages that the server echoes; each connection keeps `inFlight` of them in flight. A unit is a round
 * trip of a message.
 */
export async function wsEcho(job: Job): Promise<Figures> {
  const meter = new Meter(job);
  const size = parameter(job, 'bytes');
  const inFlight = parameter(job, 'inFlight');
  const frame = encodeFrame(BINARY, Buffer.alloc(size, 'x'));
  // Messages that arrived together are answered with one write, as a client that batches its messages would do.
  const batch = Buffer.concat(Array.from({ length: inFlight }, () => frame));

  // Messages may queue for seconds, so the window begins when every connection has received all of its first messages.
  let starting = parameter(job, 'connections');
  let begun: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    begun = resolve;
  });

  const clients = await openAll(parameter(job, 'connections'), 50, async (index) => {
    const sentAt = new Float64Array(inFlight);
    let oldest = 0;
    let returned = 0;
    let first = inFlight;
    let now = 0;
    let client: WebSocketClient | undefined;
    const answer = (): void => {
      if (returned > 0) client?.send(batch.subarray(0, returned * frame.length));
      returned = 0;
    };
    client = await openWebSocket(urlFor(job.urls, index), {
      onFrame: () => {
        if (returned === 0) {
          now = performance.now();
          queueMicrotask(answer);
        }
        meter.done(now - (sentAt[oldest] ?? now));
        sentAt[oldest] = now;
        oldest = (oldest + 1) % inFlight;
        returned++;
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
