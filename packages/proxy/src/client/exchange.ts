import type { Socket } from 'node:net';
import type { HandOffEnd } from '@pinwheel/protocol';
import type { Client } from './client.js';
import { clientFailureLevel, clientFailureText } from '../log/client-failure.js';
import { now } from '../net/clock.js';
import { configuredReply } from './configured-reply.js';
import { REDIRECTS } from '../route/redirect.js';
import { USUAL_REDIRECTS } from '../options/location.js';
import { ProxyError } from '../errors.js';
import type { Facts } from '../facts.js';
import { judgeConditions } from '../http1/conditions.js';
import { FileResponse } from '../answer/files/file-response.js';
import { Forward } from '../forward/forward.js';
import type { Origin } from '../origin/origin.js';
import type { HandOff } from '../tunnel/hand-off.js';
import type { Reply } from '../http1/reply.js';
import { CONTINUE, errorPage, replyText } from '../http1/reply.js';
import type { RequestHead } from '../http1/request-head.js';
import type { ErrorPage, Location } from '../route/location.js';
import { valueOf } from '../options/value.js';
import { encodePath } from '../http1/target.js';
import type { LogLevel, ReplyOptions } from '../options/proxy.js';
import { realOrigin } from '../origin/real-ip.js';
import { RequestFacts } from './request-facts.js';
import { requestMessage } from '../log/request-log.js';
import type { Responder } from './turn.js';
import { stubStatusReply } from '../answer/stub-status.js';
import type { FarEnd } from '../tunnel/tunnel.js';
import { tunnelEnds } from '../tunnel/tunnel.js';
import type { ReadBuffer } from '../net/wire.js';

/** Internal redirects of one request; one more is taken for a circle (nginx: `NGX_HTTP_MAX_URI_CHANGES`). */
const MOST_REDIRECTS = 10;
/** After the pages of these nginx reads no further request of the connection. */
const LAST: ReadonlySet<number> = new Set([400, 413, 414, 495, 496, 497, 500, 501]);

/** One request and its answer: from its head to the access log, whoever answers and however often it is redirected. */
export class Exchange {
  readonly client: Client;
  /** The request as it is answered: an internal redirect changes the target and may change the method. */
  readonly head: RequestHead;
  origin: Origin;
  /** The target as it came. */
  readonly requestUri: string;
  /** When its head was read, and what had been written on the connection by then. */
  readonly startedAt = now();
  readonly writtenBefore: number;
  status = 0;
  /** The head of the answer, once it was written. */
  sentHead = '';
  /** What a peer's process has told of the connection that it was given. */
  elsewhere: HandOffEnd | undefined;
  /** The last one that had the request. */
  forward: Forward | undefined;
  /** The one that has the request; undefined while none has. */
  location: Location | undefined;
  #facts: RequestFacts | undefined;
  /** Whose answer is under way; undefined when it is an own one, written at once. */
  #responder: Responder | undefined;
  /** The client has been told to send its body. */
  #continued = false;
  #redirects = 0;
  /** An error page has been turned to: the next error is answered plainly (nginx: `recursive_error_pages off`). */
  #onErrorPage = false;
  /** Status that the answer gets instead of its own (nginx: `err_status`); 0 for none. */
  toldStatus = 0;
  /** The connection ends with this answer. */
  #last = false;
  /** What comes of its body is for nobody. */
  #dropped = false;
  /** Its end has been told. */
  #told = false;

  /** @param head with `close` when it could not be read */
  constructor(client: Client, head: RequestHead, origin: Origin) {
    this.client = client;
    this.head = head;
    this.origin = origin;
    this.requestUri = head.target;
    this.writtenBefore = client.wire.bytesWritten;
  }

  /** What is known of the request. */
  get facts(): Facts {
    this.#facts ??= new RequestFacts(this);
    return this.#facts;
  }

  log(level: LogLevel, message: string): void {
    this.client.host.log(level, requestMessage(this.facts, this.head.host, message));
  }

  /** A byte of the answer was passed to the client. */
  get responseStarted(): boolean {
    return this.#responder?.responseStarted ?? this.sentHead !== '';
  }

  /** Whether the connection may carry another request after this one. */
  mayKeepAlive(head: RequestHead): boolean {
    return !this.#last && this.client.mayKeepAlive(head);
  }

  /** @throws ProxyError */
  begin(): void {
    const { client, head } = this;
    const location = client.host.route(head, client);
    if (client.refusesPlain || location?.admit !== undefined) this.#admit(location);
    this.#enter(location);
  }

  /** Refuses clients that may ask this server nothing, before a location counts. @throws ProxyError */
  #admit(location: Location | undefined): void {
    this.location = location?.server.otherwise ?? location;
    if (this.client.refusesPlain) throw new ProxyError('plain_http');
    location?.admit?.(this.client.wire.socket, this.head.host);
  }

  #enter(location: Location | undefined): void {
    if (location === undefined) {
      this.fail(new ProxyError('no_location', this.head.target));
      return;
    }
    this.location = location;
    const { client, head } = this;
    client.settings = location.connection;
    if (location.realIps !== undefined && this.origin === client.directOrigin) {
      this.origin = realOrigin(this.origin, head, client.proxied, location.realIps);
    }
    const { bodyLimit } = location;
    if (bodyLimit > 0 && head.contentLength > bodyLimit && !this.#onErrorPage) {
      throw new ProxyError('body_too_large', `body: ${head.contentLength} bytes`);
    }
    location.prepare?.(this.facts);
    if (location.reply !== undefined) this.reply(location.reply);
    else if (location.group !== undefined || location.targets !== undefined) this.#forwardTo(location);
    else if (location.options.stubStatus === true) this.#replyCounts();
    else if (location.options.files !== undefined) this.#answerBy(new FileResponse(this, location));
    else this.fail(new ProxyError('no_location', head.target));
  }

  #forwardTo(location: Location): void {
    this.continueBody();
    const forward = new Forward(this, this.head, location, this.client.getFacts);
    this.forward = forward;
    this.#answerBy(forward);
    // Else what came with the head goes out in the same write.
    if (!this.client.processing) forward.flush();
  }

  #answerBy(responder: Responder): void {
    this.#responder = responder;
    responder.start();
  }

  /** nginx: `stub_status`. */
  #replyCounts(): void {
    const { method } = this.head;
    if (method !== 'GET' && method !== 'HEAD') this.answerError(405);
    else this.reply(stubStatusReply(this.client.host.connectionCounts()));
  }

  /** The client may send its body (RFC 9110 10.1.1). As nginx does, it is told so even when that has come. */
  continueBody(): void {
    if (!this.head.expectContinue || this.#continued) return;
    this.#continued = true;
    this.client.wire.put(CONTINUE);
    this.client.wire.flush();
  }

  /** Answers with a text, a page or a redirection (nginx: `return`). */
  reply(reply: ReplyOptions): void {
    this.#responder = undefined;
    const { status } = reply;
    const answer = configuredReply(reply, this.location?.redirects ?? USUAL_REDIRECTS, this.client.getFacts);
    if (answer === undefined) {
      this.status = status;
      this.over();
      this.client.wire.destroy();
      return;
    }
    // nginx takes the body before it answers, but not before the page of an error.
    if (status < 400 || answer.page !== true) {
      this.client.checkEarlyBody(this.location?.bodyLimit ?? 0);
      this.continueBody();
    }
    if (answer.page === true) {
      if (LAST.has(status)) this.#last = true;
      if (this.#turnsToErrorPage(status)) return;
      this.toldStatus = answer.status;
    } else if ((this.toldStatus === 0 ? status : this.toldStatus) === 200) {
      this.#answerIfWanted(answer);
      return;
    }
    this.#answer(answer);
  }

  /** Answers with 200 where the conditions of the request hold, of which this answer has neither time nor tag. */
  #answerIfWanted(reply: Reply): void {
    const outcome = judgeConditions((name) => this.head.get(name), { etag: undefined, modified: undefined });
    if (outcome === 'not_modified') this.toldStatus = 0;
    if (outcome === 'failed') this.answerError(412);
    else this.#answer(outcome === 'holds' ? reply : { status: 304, body: undefined });
  }

  /** The request goes on as one for that path, in the same server (nginx: an internal redirect). @param path decoded */
  redirect(path: string, args: string | undefined): void {
    const server = this.location?.server;
    this.#responder = undefined;
    if (server === undefined || ++this.#redirects > MOST_REDIRECTS) {
      this.log('error', `rewrite or internal redirection cycle while internally redirecting to "${path}"`);
      this.fail(new ProxyError('redirect_cycle', path));
      return;
    }
    this.head.target = encodePath(path) + (args === undefined || args === '' ? '' : `?${args}`);
    server.prepare?.(this.facts);
    this.#enter(server.locate(path, this.client.getFacts));
  }

  #redirectToNamed(name: string): void {
    const location = this.location?.server?.named.get(name);
    if (location === undefined || ++this.#redirects > MOST_REDIRECTS) {
      this.fail(new ProxyError(location === undefined ? 'no_named_location' : 'redirect_cycle', name));
    } else {
      this.#enter(location);
    }
  }

  /** The request cannot be answered as it should: the page of the error's status, or the one that is configured for it. */
  fail(error: ProxyError): void {
    // What is wrong with a target is found before there is a location for it.
    this.location ??= this.client.host.routeUnreadable(this.head, this.client);
    const started = this.responseStarted;
    this.#responder?.abort();
    this.#responder = undefined;
    this.client.host.countError(error.code, this.client);
    if (error.source === 'client') {
      this.#dropBody();
      this.client.host.log(clientFailureLevel(error), clientFailureText(error, this.facts));
    }
    if (started) {
      // Half an answer with a clean end would be taken for a whole one.
      this.client.wire.reset();
      return;
    }
    if (error.code === 'request_timeout') {
      // nginx has nothing to say to a client that does not come to the point.
      this.status = error.status;
      this.over();
      this.client.wire.destroy();
      return;
    }
    this.answerError(error.status);
  }

  /** Nobody reads the body; the connection ends with this answer. */
  #dropBody(): void {
    this.#last = this.#dropped = true;
    this.head.dropBody();
  }

  /** The peer's answer is not passed on but taken for an error (nginx: `proxy_intercept_errors`). */
  intercept(status: number): void {
    this.#responder = undefined;
    this.answerError(status);
  }

  /**
   * Answers with the page of a status, or turns to the one configured for it.
   *
   * @param told a line below the heading
   * @param last a field line after all others, ended by CRLF
   */
  answerError(status: number, told?: string, last = ''): void {
    this.#responder = undefined;
    if (LAST.has(status)) this.#last = true;
    if (this.#turnsToErrorPage(status)) return;
    const page = errorPage(status, told);
    this.toldStatus = page.status;
    this.#answer({ ...page, last });
  }

  /** nginx: `error_page`. @returns false when there is none for the status: it is to be answered plainly */
  #turnsToErrorPage(status: number): boolean {
    const page = this.#onErrorPage ? undefined : this.location?.errorPageFor(status);
    if (page === undefined) return false;
    if (this.forward?.request.spent === true) this.#dropBody();
    this.#onErrorPage = true;
    this.toldStatus = page.answer ?? status;
    try {
      this.#turnTo(page);
    } catch (error) {
      if (!(error instanceof ProxyError)) throw error;
      this.fail(error);
    }
    return true;
  }

  #turnTo({ target, answer }: ErrorPage): void {
    const uri = valueOf(target, this.client.getFacts);
    if (uri.startsWith('@')) {
      this.#redirectToNamed(uri);
    } else if (uri.startsWith('/')) {
      if (this.head.method !== 'HEAD') this.head.method = 'GET';
      const query = uri.indexOf('?');
      if (query < 0) this.redirect(uri, undefined);
      else this.redirect(uri.slice(0, query), uri.slice(query + 1));
    } else {
      this.toldStatus = answer !== undefined && REDIRECTS.has(answer) ? answer : 302;
      this.#answer({ ...errorPage(this.toldStatus), location: { url: uri, madeWhole: false } });
    }
  }

  #answer(reply: Reply): void {
    const shown = this.toldStatus === 0 ? reply : { ...reply, status: this.toldStatus };
    const keepAlive = this.mayKeepAlive(this.head);
    this.status = shown.status;
    const kept = keepAlive ? (this.location?.keepAliveLine ?? '') : '';
    const added = kept + (this.location?.addedTo(shown.status, this.client.getFacts) ?? '');
    const text = replyText(shown, keepAlive, this.head.method !== 'HEAD', added);
    this.sentHead = text.slice(0, text.indexOf('\r\n\r\n') + 4);
    this.client.wire.put(this.head.isOld ? text.slice(this.sentHead.length) : text);
    this.client.wire.flush();
    this.client.onExchangeEnd(keepAlive);
  }

  /** Bytes of the request's body, framing removed. @throws ProxyError `body_too_large` */
  requestBody(buffer: ReadBuffer, start: number, end: number): void {
    if (this.#dropped) return;
    const limit = this.location?.bodyLimit ?? 0;
    if (limit > 0 && this.client.body.received > limit) {
      throw new ProxyError('body_too_large', `chunked body: ${this.client.body.received} bytes`);
    }
    this.#responder?.requestBody(buffer, start, end);
  }

  requestBodyEnd(): void {
    if (!this.#dropped) this.#responder?.requestBodyEnd();
  }

  /** What came has been worked through: sends what it gave rise to. */
  flush(): void {
    this.#responder?.flush();
  }

  /** The client has taken what was written to it. */
  onClientDrain(): void {
    this.#responder?.onClientDrain();
  }

  /** The peer has switched protocols: head and first bytes go to the client, the rest is a tunnel's. */
  onSwitched(far: FarEnd, head: string, buffer: ReadBuffer, start: number, end: number): void {
    this.#responder = undefined;
    this.status = 101;
    this.sentHead = head;
    this.client.wire.put(head);
    if (end > start) this.client.wire.putFrom(buffer, start, end);
    this.client.wire.flush();
    const first = end > start ? buffer.bytes.toString('latin1', start, Math.min(end, start + 512)) : '';
    this.client.onSwitched(tunnelEnds(this.client.wire, far, first, () => this.over()));
  }

  /** The connection is its peer's process's from now on. */
  onHandedOff(handOff: HandOff): Socket {
    this.#responder = undefined;
    this.status = 101;
    this.forward?.attempts.onHead(this.status);
    // Asked for now, it is known when the log asks.
    if (this.location?.onEnd !== undefined) void this.client.wire.socket.localAddress;
    return this.client.onHandedOff(handOff);
  }

  /** @param end undefined when nobody can tell any more */
  onHandOffEnded(end: HandOffEnd | undefined): void {
    if (end !== undefined) this.status = end.status;
    this.elsewhere = end;
    this.forward?.attempts.onEnd();
    this.over();
  }

  /** The client is gone before the answer was written to it (nginx: 499). */
  abort(): void {
    if (!this.responseStarted) this.status = new ProxyError('client_closed').status;
    this.#responder?.abort();
    this.#responder = undefined;
    this.over();
  }

  /** The request is over: its location is told once. */
  over(): void {
    const location = this.location;
    if (this.#told) return;
    this.#told = true;
    location?.onEnd?.(this.facts);
    this.forward?.request.over();
  }
}
