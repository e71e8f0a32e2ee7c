import type { IncomingHttpHeaders } from 'node:http';
import { ADMIN_HEADER } from '@pinwheel/protocol';
import { AdminFailure } from './failure.js';

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

/**
 * Admits programs of this machine and the listener's own pages only. A foreign name in `Host` points here by DNS
 * rebinding; a foreign `Origin` belongs to a page of another site. No origin is ever given permission (CORS).
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
 * Refuses a change that a page of another origin could request without a preflight (a "simple" request, Fetch standard).
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
