import { get } from 'node:http';
import { isTag } from '@pinwheel/protocol';
import type { Peer } from './peer.js';
import type { UpstreamTls } from './link/tls.js';

/** Milliseconds a peer has to answer. */
const PATIENCE = 1_000;
const LONGEST = 16_384;

/**
 * Asks a peer's `GET /healthz` for its node tag.
 *
 * @param tls over TLS, with all that is asked of a peer there; plain when absent
 * @returns the tag, or undefined when the peer does not answer in time or is no cluster member
 */
export function askHealth(peer: Peer, tls?: UpstreamTls): Promise<string | undefined> {
  return new Promise((resolve) => {
    const { host, port } = peer.options;
    const { socketPath } = peer;
    const where = socketPath === undefined ? { host, port } : { socketPath, path: socketPath };
    const way =
      tls === undefined ? { agent: false } : { createConnection: () => tls.connect(peer, { host, port, ...where }) };
    const request = get({ ...where, ...way, path: '/healthz', timeout: PATIENCE }, (response) => {
      let text = '';
      response.setEncoding('latin1');
      response.on('data', (piece: string) => {
        text += piece;
        if (text.length > LONGEST) request.destroy();
      });
      response.on('end', () => resolve(response.statusCode === 200 ? tagIn(text) : undefined));
    });
    // A peer that sends a byte now and then would never let the socket's own timeout come.
    const patience = setTimeout(() => request.destroy(), PATIENCE);
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(undefined));
    request.on('close', () => {
      clearTimeout(patience);
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
