import { bracketed } from '@pinwheel/protocol';
import type { Facts } from '../facts.js';
import type { Reply } from '../http1/reply.js';
import type { RedirectOptions } from '../options/location.js';

/** Statuses of redirects. */
export const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** The `Location` of a redirect: a path becomes an absolute URL, unless `redirects` says otherwise. */
export function redirectLocation(
  location: string,
  redirects: RedirectOptions,
  facts: () => Facts,
): NonNullable<Reply['location']> {
  if (!location.startsWith('/') || !redirects.absolute) return { url: location, madeWhole: false };
  const known = facts();
  const { scheme, serverPort } = known;
  const usual = !redirects.port || serverPort === undefined || serverPort === (scheme === 'https' ? 443 : 80);
  const host = redirects.ownName ? known.serverName : ownHost(known);
  return { url: `${scheme}://${host}${usual ? '' : `:${serverPort}`}${location}`, madeWhole: true };
}

/** The host that the client asked for; without one, as in HTTP/1.0, the local address of the connection. */
function ownHost(facts: Facts): string {
  const { serverAddr } = facts;
  const field = facts.requestHeader('host');
  // A Host such as ":80" names no host: the request was refused, but its error page may be a redirect.
  const names = field !== undefined && !/^\.*(?::|$)/.test(field);
  const asked = names || facts.requestLine?.includes('://') === true;
  if (asked) return facts.host;
  return bracketed(serverAddr);
}
