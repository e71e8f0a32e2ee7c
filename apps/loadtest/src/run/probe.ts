import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { ClientToServerEvents, ServerToClientEvents } from '@pinwheel/protocol';
import { io, type Socket } from 'socket.io-client';
import type { Options } from '../options/options.js';
import { causeOf } from '../client/cause.js';
import { RunFailure } from './run-failure.js';

const PATIENCE_MS = 5_000;

/**
 * Checks that a Socket.IO server with the echo contract answers at `url`.
 *
 * @throws RunFailure with the answer that came instead
 */
export async function probe(options: Pick<Options, 'url' | 'mode' | 'transports'>, run: string): Promise<void> {
  await probeEngine(options.url);
  await probeContract(options, run);
}

async function probeEngine(url: string): Promise<void> {
  const answer = await get(`${url}/socket.io/?EIO=4&transport=polling`);
  // A session is open, or polling is switched off: then Engine.IO answers with its own error.
  if (answer.status === 200 && answer.body.startsWith('0{"sid":')) return;
  if (answer.status === 400 && /^\{"code":\d,"message":/.test(answer.body)) return;
  throw new RunFailure(
    `${url} is not a Socket.IO server: expected an Engine.IO 4 handshake at /socket.io/, got ${answer.status} ${JSON.stringify(answer.body.slice(0, 40))}`,
  );
}

function get(url: string): Promise<{ status: number; body: string }> {
  const { origin } = new URL(url);
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? secureRequest : request;
    const asked = send(url, { agent: false, rejectUnauthorized: false, timeout: PATIENCE_MS }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
        if (body.length > 10_000) response.destroy();
      });
      response.once('close', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asked.once('timeout', () => asked.destroy(new Error(`no answer within ${PATIENCE_MS} ms`)));
    asked.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new RunFailure(`${origin} cannot be reached: ${error.message === '' ? (error.code ?? '') : error.message}`),
      );
    });
    asked.end();
  });
}

async function probeContract(options: Pick<Options, 'url' | 'mode' | 'transports'>, run: string): Promise<void> {
  const { mode, transports, url } = options;
  const first = transports[0]?.transport ?? 'websocket';
  const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io(url, {
    transports: first === 'upgrade' ? ['polling', 'websocket'] : [first],
    forceNew: true,
    reconnection: false,
    rejectUnauthorized: false,
    timeout: PATIENCE_MS,
  });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', (error) => {
        reject(new RunFailure(`${url} takes no Socket.IO connection over ${first}: ${causeOf(error)}`));
      });
    });
    const patient = socket.timeout(PATIENCE_MS);
    const event = mode === 'room' ? 'join' : 'echo';
    const answer: unknown =
      mode === 'room'
        ? await patient.emitWithAck('join', `load-${run}-probe`).catch(() => undefined)
        : await patient.emitWithAck('echo', run).catch(() => undefined);
    const fits = mode === 'room' ? isOk(answer) : answer === run;
    if (!fits) {
      const got = answer === undefined ? `no answer within ${PATIENCE_MS} ms` : JSON.stringify(answer).slice(0, 120);
      throw new RunFailure(`${url} does not follow the echo contract: expected an answer to "${event}", got ${got}`);
    }
  } finally {
    socket.disconnect();
  }
}

function isOk(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'ok' in answer && answer.ok === true;
}
