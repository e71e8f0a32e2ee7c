import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { ADMIN_HEADER } from '@pinwheel/protocol';
import { AdminFailure } from './failure.js';

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** Whether an address to listen on can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * Lets nobody in but programs of this machine and the listener's own pages. A foreign name in `Host` is one that was made
 * to lead here (DNS rebinding); a foreign `Origin` is a page of somebody else. No permission is ever given across origins.
 *
 * @throws AdminFailure
 */
export function guard(headers: IncomingHttpHeaders): void {
  const { host, origin } = headers;
  const name = /^(.*?)(?::\d{1,5})?$/.exec(host ?? '')?.[1]?.toLowerCase() ?? '';
  if (!LOOPBACK_NAMES.has(name)) {
    throw new AdminFailure(
      403,
      'foreign_host',
      `expected Host to be 127.0.0.1, [::1] or localhost, got ${shown(host)}`,
    );
  }
  if (origin !== undefined && origin.toLowerCase() !== `http://${host?.toLowerCase()}`) {
    throw new AdminFailure(403, 'foreign_origin', `expected no Origin but http://${host}, got ${shown(origin)}`);
  }
}

/**
 * Lets nothing change that a page may have asked for without its being asked itself (a "simple" request, Fetch standard).
 *
 * @throws AdminFailure
 */
export function guardChange(headers: IncomingHttpHeaders): void {
  const given = headers[ADMIN_HEADER];
  if (given === '1') return;
  throw new AdminFailure(403, 'header_missing', `expected the header "X-Pinwheel-Admin: 1", got ${shown(given)}`);
}

function shown(value: string | readonly string[] | undefined): string {
  return value === undefined ? 'none' : JSON.stringify(value).slice(0, 200);
}
