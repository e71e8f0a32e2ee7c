import type { Facts } from '../facts.js';
import type { Reply } from '../http1/reply.js';
import { errorPage } from '../http1/reply.js';
import { valueOf } from '../route/location.js';
import type { RedirectOptions, ReplyOptions } from '../options/location.js';

/** Statuses whose answer names another place. */
export const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** How clients are sent to a path where no location says it. */
export const USUAL_REDIRECTS: RedirectOptions = { absolute: true, port: true, ownName: false };

/** nginx ends the connection for these instead of answering; `return` with one of them does so on purpose. */
const SILENT: ReadonlySet<number> = new Set([408, 444, 499]);

/**
 * The answer that a location gives by itself (nginx: `return`). Without a text it is the page of its status, where that
 * has one.
 *
 * @returns undefined when the connection is closed without an answer
 */
export function configuredReply(
  { status, text, contentType }: ReplyOptions,
  redirects: RedirectOptions,
  facts: () => Facts,
): Reply | undefined {
  const shown = text === undefined ? '' : valueOf(text, facts);
  if (REDIRECTS.has(status)) return { ...errorPage(status), location: placeTold(shown, redirects, facts) };
  if ((text ?? '') === '' && status >= 400) return SILENT.has(status) ? undefined : errorPage(status);
  return { status, contentType: contentType === undefined ? 'text/plain' : valueOf(contentType, facts), body: shown };
}

/** Where a client is sent to: a path is made a whole URL, unless `redirects` says otherwise. */
export function placeTold(
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
