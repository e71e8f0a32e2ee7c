import type { Facts } from '../facts.js';
import { placeTold, REDIRECTS } from '../route/redirect.js';
import type { Reply } from '../http1/reply.js';
import { errorPage } from '../http1/reply.js';
import { valueOf } from '../options/value.js';
import type { RedirectOptions, ReplyOptions } from '../options/location.js';

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
