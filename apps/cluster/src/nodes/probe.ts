import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterFailure } from '../process/failure.js';

/** Milliseconds for one request of a probe. */
const REQUEST_LIMIT = 5_000;
/** Milliseconds between two requests to a node that is not ready yet. */
const INTERVAL = 50;
/** Milliseconds for a node to become ready after it listens. */
const READY_LIMIT = 15_000;

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Sends one request on a new connection. */
function ask(url: string, method: 'GET' | 'POST', body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, agent: false, timeout: REQUEST_LIMIT }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      response.once('error', reject);
    });
    asked.once('timeout', () => asked.destroy(new Error(`no answer within ${REQUEST_LIMIT} ms`)));
    asked.once('error', reject);
    asked.end(body);
  });
}

/**
 * Waits until the node at `url` answers that it is ready.
 *
 * @param signal ends the waiting early
 * @throws ClusterFailure with the node's reason when it is not ready within 15 s
 */
export async function waitUntilReady(name: string, url: string, signal: AbortSignal): Promise<void> {
  const end = performance.now() + READY_LIMIT;
  for (;;) {
    let reason: string;
    try {
      const { status, body } = await ask(`${url}/readyz`, 'GET');
      if (status === 200) return;
      reason = `${status} ${body.slice(0, 300)}`;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
    if (signal.aborted || performance.now() > end) throw new ClusterFailure(`${name} is not ready: ${reason}`);
    await sleep(INTERVAL);
  }
}

/**
 * Opens an Engine.IO session and closes it, as a client would.
 *
 * @throws ClusterFailure when the server does not answer as expected
 */
export async function tryHandshake(name: string, url: string): Promise<void> {
  const polling = `${url}/socket.io/?EIO=4&transport=polling`;
  try {
    const opened = await ask(polling, 'GET');
    const sid = /"sid":"([^"]+)"/.exec(opened.body)?.[1];
    if (opened.status !== 200 || sid === undefined) throw new Error(`${opened.status} ${opened.body.slice(0, 300)}`);
    // Engine.IO packet type 1: close.
    const closed = await ask(`${polling}&sid=${encodeURIComponent(sid)}`, 'POST', '1');
    if (closed.status !== 200) throw new Error(`${closed.status} ${closed.body.slice(0, 300)}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ClusterFailure(`${name} does not open sessions: ${reason}`, { cause: error });
  }
}
