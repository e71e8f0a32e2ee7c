import type { ClientRequest, IncomingMessage } from 'node:http';
import { get } from 'node:http';
import { isTag } from '@pinwheel/protocol';
import type { Peer } from './peer.js';
import type { UpstreamTls } from './link/tls.js';

/** Milliseconds for a peer's whole response. */
const LIMIT = 1_000;
/** Characters of a `/healthz` document read at most. */
const LONGEST = 16_384;

/**
 * Sends a GET to a peer on a new connection. The caller handles `error` and destroys the request.
 *
 * @param tls sends it over TLS, verified as for requests of clients; undefined: plain TCP
 */
export function requestHealth(
  peer: Peer,
  path: string,
  tls: UpstreamTls | undefined,
  onResponse: (response: IncomingMessage) => void,
): ClientRequest {
  const { host, port } = peer.options;
  const { socketPath } = peer;
  const where = socketPath === undefined ? { host, port } : { socketPath, path: socketPath };
  const way =
    tls === undefined ? { agent: false } : { createConnection: () => tls.connect(peer, { host, port, ...where }) };
  return get({ ...where, ...way, path }, onResponse);
}

/**
 * Asks a peer's `GET /healthz` for its node tag.
 *
 * @returns undefined when the peer does not answer within a second, or is no cluster member. Never rejects
 */
export function askTag(peer: Peer, tls?: UpstreamTls): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = requestHealth(peer, '/healthz', tls, (response) => {
      let text = '';
      response.setEncoding('latin1');
      response.on('data', (piece: string) => {
        text += piece;
        if (text.length > LONGEST) request.destroy();
      });
      response.on('end', () => resolve(response.statusCode === 200 ? tagIn(text) : undefined));
    });
    // Not `request.setTimeout`: the timeout of a socket restarts with every byte.
    const timer = setTimeout(() => request.destroy(), LIMIT);
    request.on('error', () => resolve(undefined));
    request.on('close', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });
}

function tagIn(text: string): string | undefined {
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document !== 'object' || document === null || !('tag' in document)) return undefined;
    return typeof document.tag === 'string' && isTag(document.tag) ? document.tag : undefined;
  } catch {
    return undefined;
  }
}
