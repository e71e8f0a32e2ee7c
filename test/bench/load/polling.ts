import { openAll, urlFor } from './connection.js';
import { HttpConnection } from './http-connection.js';
import type { Figures, Job } from './job.js';
import { parameter } from './job.js';
import { Meter } from './meter.js';

const PING = '2';
const PONG = '3';
const SEPARATOR = '\x1e';
const TEXT = 'x'.repeat(64);

/**
 * Opens Socket.IO sessions that stay with polling, each over one kept-alive connection: a POST with an `echo`, then the
 * GET that brings its acknowledgement. A unit is a request.
 */
export async function polling(job: Job): Promise<Figures> {
  const meter = new Meter(job);
  const sessions = await openAll(parameter(job, 'connections'), 16, async (index) => {
    const connection = new HttpConnection(urlFor(job.urls, index));
    const opened = await connection.request('GET /socket.io/?EIO=4&transport=polling');
    const sid = /"sid":"([^"]+)"/.exec(opened)?.[1];
    if (sid === undefined) throw new Error(`the server opened no session: got ${opened}`);
    const target = `/socket.io/?EIO=4&transport=polling&sid=${sid}`;
    const session = { connection, get: `GET ${target}`, post: `POST ${target}` };
    await connection.request(session.post, '40');
    // Joins the namespace, and receives the greeting.
    for (let greeted = ''; !greeted.includes('"server"');) greeted += await connection.request(session.get);
    return session;
  });

  const talk = async ({ connection, get, post }: (typeof sessions)[number]): Promise<void> => {
    for (let id = 0; !meter.over; id++) {
      let started = performance.now();
      await connection.request(post, `42${id}["echo","${TEXT}"]`);
      let now = performance.now();
      meter.done(now - started);
      const expected = `43${id}["${TEXT}"]`;
      for (let come = false; !come;) {
        started = now;
        const got = await connection.request(get);
        now = performance.now();
        meter.done(now - started);
        come = got === expected;
        if (come) continue;
        const packets = got.split(SEPARATOR);
        come = packets.includes(expected);
        if (packets.includes(PING)) await connection.request(post, PONG);
        else if (!come) throw new Error(`expected ${expected}, got ${got}`);
      }
    }
  };
  for (const session of sessions) {
    talk(session).catch((error: unknown) => {
      if (!meter.over) meter.fail(error instanceof Error ? error : new Error(String(error)));
    });
  }
  try {
    return await meter.measure();
  } finally {
    for (const { connection } of sessions) connection.close();
  }
}
