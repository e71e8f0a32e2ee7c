import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AdminErrorDocument } from '@pinwheel/protocol';
import { AdminFailure } from './failure.js';
import { guard, guardChange } from './guard.js';
import { findRoute } from './routes.js';
import type { AdminAnswer, AdminRoute } from './routes.js';
import { isLoopback, urlOf } from '@pinwheel/cli';

export interface AdminListenerOptions {
  /** A loopback address. Default 127.0.0.1. */
  readonly host?: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly routes: readonly AdminRoute[];
  /** Logs each failure of the listener in one line. */
  readonly log: (line: string) => void;
}

/** The listener for the operator of the program: status and controls. */
export interface AdminListener {
  /** URL of the listener, without a slash at the end. */
  readonly url: string;
  /** Closes the listener and its connections at once. */
  close(): Promise<void>;
}

/** Header fields of every answer: no page of another origin may use it, and no cache may keep it. */
const FIELDS = {
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/**
 * Opens the admin listener. It does not keep the process alive.
 *
 * @throws RangeError for an address that other machines could reach; the system's error when it cannot be bound
 */
export async function listenAdmin({
  host = '127.0.0.1',
  port,
  routes,
  log,
}: AdminListenerOptions): Promise<AdminListener> {
  if (!isLoopback(host)) throw new RangeError(`admin listener: expected a loopback address, got ${host}`);
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    answerTo(request, routes, log).then(
      (answer) => send(response, answer),
      (error: unknown) => refuse(response, error),
    );
    // No route takes a body: it is read and discarded.
    request.resume();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, resolve);
  });
  server.on('error', (error) => log(`listener: ${error.message}`));
  server.unref();
  const bound = server.address();
  const address = typeof bound === 'object' && bound !== null ? bound : { address: host, port };
  return {
    url: urlOf({ host: address.address, port: address.port, tls: false }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answerTo(
  { headers, method = '', url = '' }: IncomingMessage,
  routes: readonly AdminRoute[],
  log: (line: string) => void,
): Promise<AdminAnswer> {
  guard(headers);
  const { route, parameter } = findRoute(routes, method, url.replace(/\?.*$/s, ''));
  if (route.method === 'POST') guardChange(headers);
  try {
    return await route.answer(parameter, headers);
  } catch (error) {
    if (error instanceof AdminFailure) throw error;
    const message = error instanceof Error ? error.message : String(error);
    log(`${method} ${route.path}: ${message}`);
    throw new AdminFailure(500, 'failed', message);
  }
}

function refuse(response: ServerResponse, error: unknown): void {
  const { status, code, message, allow } =
    error instanceof AdminFailure ? error : new AdminFailure(500, 'failed', String(error));
  if (allow !== undefined) response.setHeader('allow', allow);
  const body: AdminErrorDocument = { error: { code, message } };
  send(response, { status, body });
}

function send(response: ServerResponse, { status = 200, body, headers }: AdminAnswer): void {
  const isText = 'text' in body && 'contentType' in body;
  const text = isText ? body.text : `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    ...FIELDS,
    ...headers,
    'content-type': isText ? body.contentType : 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  // Node leaves the body out of the response to a HEAD request.
  response.end(text);
}
