import type { Facts } from './facts.js';
import type { Reply } from './http1/reply.js';
import { errorPage } from './http1/reply.js';
import { valueOf } from './location.js';
import type { ReplyOptions } from './options.js';

/** Statuses whose answer names another place. */
export const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** nginx ends the connection for these instead of answering; `return` with one of them does so on purpose. */
const SILENT: ReadonlySet<number> = new Set([408, 444, 499]);

/**
 * The answer that a location gives by itself (nginx: `return`). Without a text it is the page of its status, where that
 * has one.
 *
 * @returns undefined when the connection is closed without an answer
 */
export function configuredReply({ status, text, contentType }: ReplyOptions, facts: () => Facts): Reply | undefined {
  const shown = text === undefined ? '' : valueOf(text, facts);
  if (REDIRECTS.has(status)) return { ...errorPage(status), location: absolute(shown, facts) };
  if ((text ?? '') === '' && status >= 400) return SILENT.has(status) ? undefined : errorPage(status);
  return { status, contentType: contentType === undefined ? 'text/plain' : valueOf(contentType, facts), body: shown };
}

/** nginx: `absolute_redirect on`, `port_in_redirect on`: a path is told with scheme, host and the port that was asked. */
export function absolute(location: string, facts: () => Facts): NonNullable<Reply['location']> {
  if (!location.startsWith('/')) return { url: location, madeWhole: false };
  const known = facts();
  const { scheme, serverPort } = known;
  const usual = serverPort === undefined || serverPort === (scheme === 'https' ? 443 : 80);
  return { url: `${scheme}://${ownHost(known)}${usual ? '' : `:${serverPort}`}${location}`, madeWhole: true };
}

/** Who the client asked for; in HTTP/1.0 it may not have said, and then it is told the address it came to. */
function ownHost(facts: Facts): string {
  const { serverAddr } = facts;
  const asked = facts.requestHeader('host') !== undefined || facts.requestLine?.includes('://') === true;
  if (asked) return facts.host;
  return serverAddr.includes(':') ? `[${serverAddr}]` : serverAddr;
}
