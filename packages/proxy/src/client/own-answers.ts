import type { Turn } from './turn.js';
import { ProxyError } from '../errors.js';
import type { Facts } from '../facts.js';
import { judgeConditions } from '../http1/conditions.js';
import type { Reply } from '../http1/reply.js';
import { errorPage, replyText } from '../http1/reply.js';
import { encodePath } from '../http1/target.js';
import type { RedirectOptions, ReplyOptions } from '../options/location.js';
import { USUAL_REDIRECTS } from '../options/location.js';
import { valueOf } from '../options/value.js';
import type { ErrorPage, Location } from '../route/location.js';
import { redirectLocation, REDIRECTS } from '../route/redirect.js';

/** Most internal redirects of one request; one more counts as a cycle (nginx: `NGX_HTTP_MAX_URI_CHANGES`). */
const MOST_REDIRECTS = 10;
/** After the pages of these statuses nginx reads no further request of the connection. */
const LAST: ReadonlySet<number> = new Set([400, 413, 414, 495, 496, 497, 500, 501]);
/** For these statuses nginx closes the connection instead of answering, also after `return`. */
const SILENT: ReadonlySet<number> = new Set([408, 444, 499]);

/** A turn, and what the proxy's own answers need besides. */
export interface OwnTurn extends Turn {
  statusOverride: number;
  /** The location of the request; undefined until it is found. */
  readonly place: Location | undefined;
  readonly facts: Facts;
  /** Checks the part of the body that came with the head. @throws ProxyError `bad_chunk`, `body_too_large` */
  checkEarlyBody(): void;
  /** Discards the rest of the request's body; the connection ends after this response. */
  dropBody(): void;
  /** The connection ends after this response. */
  endConnection(): void;
  /** Lets another location answer. @throws ProxyError */
  enter(location: Location | undefined): void;
}

/** The proxy's own answers: texts, error pages, redirections; and the internal redirects to them. */
export class OwnAnswers {
  readonly #turn: OwnTurn;
  #redirects = 0;
  /** The next error gets its plain page (nginx: `recursive_error_pages off`). */
  onErrorPage = false;

  constructor(turn: OwnTurn) {
    this.#turn = turn;
  }

  /** See `Turn.reply`. */
  reply(reply: ReplyOptions): void {
    const turn = this.#turn;
    const { status } = reply;
    const answer = configuredReply(reply, turn.place?.redirects ?? USUAL_REDIRECTS, turn.getFacts);
    if (answer === undefined) {
      turn.drop(status);
      return;
    }
    // As in nginx, the body is read before the response, but not before an error page.
    if (status < 400 || answer.page !== true) {
      turn.checkEarlyBody();
      turn.continueBody();
    }
    if (answer.page === true) {
      if (LAST.has(status)) turn.endConnection();
      if (this.#turnsToErrorPage(status)) return;
      turn.statusOverride = answer.status;
    } else if ((turn.statusOverride === 0 ? status : turn.statusOverride) === 200) {
      this.#answerIfWanted(answer);
      return;
    }
    this.#answer(answer);
  }

  /** Answers with 200 if the conditions of the request hold; the response has no `Last-Modified` and no `ETag`. */
  #answerIfWanted(reply: Reply): void {
    const { head } = this.#turn;
    const outcome = judgeConditions((name) => head.get(name), { etag: undefined, modified: undefined });
    if (outcome === 'not_modified') this.#turn.statusOverride = 0;
    if (outcome === 'failed') this.answerError(412);
    else this.#answer(outcome === 'holds' ? reply : { status: 304, body: undefined });
  }

  /** See `Turn.answerError`. */
  answerError(status: number, reason?: string, last = ''): void {
    if (LAST.has(status)) this.#turn.endConnection();
    if (this.#turnsToErrorPage(status)) return;
    const page = errorPage(status, reason);
    this.#turn.statusOverride = page.status;
    this.#answer({ ...page, last });
  }

  #answer(reply: Reply): void {
    const turn = this.#turn;
    const shown = turn.statusOverride === 0 ? reply : { ...reply, status: turn.statusOverride };
    const keepAlive = turn.mayKeepAlive;
    const keepAliveLine = keepAlive ? (turn.place?.keepAliveLine ?? '') : '';
    turn.status = shown.status;
    const added = keepAliveLine + (turn.place?.addedTo(shown.status, turn.getFacts) ?? '');
    const text = replyText(shown, keepAlive, turn.head.method !== 'HEAD', added);
    const body = text.indexOf('\r\n\r\n') + 4;
    turn.begin(text.slice(0, body));
    turn.write(text.slice(body));
    turn.end(keepAlive);
  }

  /** See `Turn.redirect`. */
  redirect(path: string, args: string | undefined): void {
    const turn = this.#turn;
    const server = turn.place?.server;
    if (server === undefined || ++this.#redirects > MOST_REDIRECTS) {
      turn.log('error', `rewrite or internal redirection cycle while internally redirecting to "${path}"`);
      turn.fail(new ProxyError('redirect_cycle', path));
      return;
    }
    turn.head.target = encodePath(path) + (args === undefined || args === '' ? '' : `?${args}`);
    server.prepare?.(turn.facts);
    turn.enter(server.locate(path, turn.getFacts));
  }

  #redirectToNamed(name: string): void {
    const location = this.#turn.place?.server.named.get(name);
    if (location === undefined || ++this.#redirects > MOST_REDIRECTS) {
      this.#turn.fail(new ProxyError(location === undefined ? 'no_named_location' : 'redirect_cycle', name));
    } else {
      this.#turn.enter(location);
    }
  }

  /** Lets the configured error page answer (nginx: `error_page`). @returns false when the status has none */
  #turnsToErrorPage(status: number): boolean {
    const turn = this.#turn;
    const page = this.onErrorPage ? undefined : turn.place?.errorPageFor(status);
    if (page === undefined) return false;
    if (turn.forwarded?.request.bodySpent === true) turn.dropBody();
    this.onErrorPage = true;
    turn.statusOverride = page.answer ?? status;
    try {
      this.#turnTo(page);
    } catch (error) {
      if (!(error instanceof ProxyError)) throw error;
      turn.fail(error);
    }
    return true;
  }

  #turnTo({ target, answer }: ErrorPage): void {
    const turn = this.#turn;
    const uri = valueOf(target, turn.getFacts);
    if (uri.startsWith('@')) {
      this.#redirectToNamed(uri);
    } else if (uri.startsWith('/')) {
      if (turn.head.method !== 'HEAD') turn.head.method = 'GET';
      const query = uri.indexOf('?');
      if (query < 0) this.redirect(uri, undefined);
      else this.redirect(uri.slice(0, query), uri.slice(query + 1));
    } else {
      turn.statusOverride = answer !== undefined && REDIRECTS.has(answer) ? answer : 302;
      this.#answer({ ...errorPage(turn.statusOverride), location: { url: uri, madeWhole: false } });
    }
  }
}

/**
 * The reply of a location (nginx: `return`). Without a text it is the default page of its status, if the status has one.
 *
 * @returns undefined when the connection is to be closed without a response
 */
function configuredReply(
  { status, text, contentType }: ReplyOptions,
  redirects: RedirectOptions,
  facts: () => Facts,
): Reply | undefined {
  const shown = text === undefined ? '' : valueOf(text, facts);
  if (REDIRECTS.has(status)) return { ...errorPage(status), location: redirectLocation(shown, redirects, facts) };
  if ((text ?? '') === '' && status >= 400) return SILENT.has(status) ? undefined : errorPage(status);
  return { status, contentType: valueOf(contentType, facts), body: shown };
}
