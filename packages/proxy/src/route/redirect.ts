import type { Facts } from '../facts.js';
import type { Reply } from '../http1/reply.js';
import type { RedirectOptions } from '../options/location.js';

/** Statuses whose answer names another place. */
export const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Where a client is sent to: a path is made a whole URL, unless `redirects` says otherwise. */
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

/** Who the client asked for; in HTTP/1.0 it may not have said, and then it is told the address it came to. */
function ownHost(facts: Facts): string {
  const { serverAddr } = facts;
  const field = facts.requestHeader('host');
  // What names nobody was refused, and the client still gets an answer.
  const names = field !== undefined && !/^\.*(?::|$)/.test(field);
  const asked = names || facts.requestLine?.includes('://') === true;
  if (asked) return facts.host;
  return serverAddr.includes(':') ? `[${serverAddr}]` : serverAddr;
}
