import { contentTypeOf } from './files/content-type.js';
import type { Facts } from './facts.js';
import type { Reply } from './http1/reply.js';
import { errorPage } from './http1/reply.js';
import { valueOf } from './location.js';
import type { ReplyOptions } from './options.js';

/** Statuses whose answer names another place. */
export const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** The answer that a location gives by itself (nginx: `return`). Without a text it is the page of its status. */
export function configuredReply(
  { status, text, contentType = 'text/plain', types }: ReplyOptions,
  facts: () => Facts,
): Reply {
  const shown = text === undefined ? '' : valueOf(text, facts);
  if (REDIRECTS.has(status)) return { ...errorPage(status), fields: `Location: ${absolute(shown, facts)}\r\n` };
  if (text === undefined && status >= 400) return errorPage(status);
  const type = types === undefined ? contentType : contentTypeOf(facts().uri, { types, defaultType: contentType });
  return { status, contentType: type, body: shown };
}

/** nginx: `absolute_redirect on`, `port_in_redirect on`: a path is told with scheme, host and the port that was asked. */
function absolute(location: string, facts: () => Facts): string {
  if (!location.startsWith('/')) return location;
  const { scheme, host, serverPort } = facts();
  const usual = serverPort === undefined || serverPort === (scheme === 'https' ? 443 : 80);
  return `${scheme}://${host}${usual ? '' : `:${serverPort}`}${location}`;
}
