import { Attempts } from './attempts.js';
import type { Client } from '../client/client.js';
import { ProxyError } from '../errors.js';
import type { Exchange } from '../client/exchange.js';
import { failureText } from '../log/upstream-failure.js';
import type { Facts } from '../facts.js';
import { switchedHeadText } from './heads.js';
import { HandOff, handOffTarget } from '../tunnel/hand-off.js';
import type { HandOffUser } from '../tunnel/hand-off.js';
import type { HandOffTarget } from '../options/hand-off-target.js';
import type { BodyFraming } from '../http1/body.js';
import type { RequestHead } from '../http1/request-head.js';
import type { ResponseHead } from '../http1/response-head.js';
import type { Link, LinkUser } from '../upstream/link/link.js';
import type { Location } from '../route/location.js';
import { OutgoingRequest } from './request.js';
import type { Peer } from '../upstream/peer.js';
import { PeerChoice } from '../upstream/affinity/peer-choice.js';
import { ResponseRelay } from './response.js';
import { countsAsFailure, USUAL_RETRIES } from '../route/retry.js';
import { isOwnSession } from '../upstream/affinity/engine-io.js';
import type { ReadBuffer } from '../net/wire.js';

/**
 * One request on its way: chooses the peer, sends the request, passes the response on, and tries the next peer where
 * that is allowed. Ends in `Exchange.onExchangeEnd`, in a tunnel, or in `abort`.
 */
export class Forward implements LinkUser, HandOffUser {
  readonly #exchange: Exchange;
  readonly #client: Client;
  readonly #head: RequestHead;
  readonly #location: Location;
  readonly #facts: () => Facts;
  readonly #request: OutgoingRequest;
  readonly #relay: ResponseRelay;
  readonly attempts: Attempts;
  /** The peer's answer. */
  response: ResponseHead | undefined;
  readonly #choice: PeerChoice;
  /** Without those over a connection that turned out to be closed. */
  #attempts = 0;
  #peer: Peer | undefined;
  #link: Link | undefined;
  #reused = false;
  /** Why the attempt before failed: that is the answer when no peer is left to try. */
  #lastError: ProxyError | undefined;
  #ended = false;
  /** The connection is to be given to the peer's process, once all that came on it has been looked at. */
  #giveTo: HandOffTarget | undefined;
  #handOff: HandOff | undefined;

  constructor(exchange: Exchange, head: RequestHead, location: Location, facts: () => Facts) {
    this.#exchange = exchange;
    this.#client = exchange.client;
    this.#head = head;
    this.#location = location;
    this.#facts = facts;
    const before = exchange.forward;
    this.attempts = new Attempts(location.tellsAttempts, before?.attempts);
    const engine = exchange.client.sessions.read(head.target, head.isAgain);
    this.#choice = new PeerChoice(engine, exchange.origin.clientAddress, head, facts);
    const { opensPolling } = this.#choice;
    this.#request = new OutgoingRequest(exchange, head, location, facts, opensPolling, before?.request);
    this.#relay = new ResponseRelay(
      exchange,
      head,
      location,
      facts,
      opensPolling ? (sid) => this.#learn(sid) : undefined,
    );
  }

  /** What is sent to the peer. */
  get request(): OutgoingRequest {
    return this.#request;
  }

  get method(): string {
    return this.#request.method;
  }

  /** A byte of the response was passed to the client. */
  get responseStarted(): boolean {
    return this.#relay.started;
  }

  /** Sends the request on its way; where its body is to be read first, once that has come. */
  start(): void {
    try {
      const pending = this.#request.prepare();
      if (pending !== undefined) this.#after(pending);
      else if (!this.#request.waits) this.#choose();
    } catch (error) {
      this.#onLost(error);
    }
  }

  /** Goes on when that is known. */
  #after(known: Promise<void>): void {
    const goOn = (): void => {
      if (this.#ended) return;
      if (!this.#request.waits) this.#choose();
      this.flush();
    };
    known.then(goOn).catch((error: unknown) => this.#onLost(error));
  }

  /** It cannot be said where the request goes. */
  #onLost(error: unknown): void {
    if (this.#ended) return;
    const known = error instanceof ProxyError ? error : new ProxyError('no_resolver', String(error), error);
    this.#location.targets?.tell(failureText(known, this.#facts(), undefined));
    this.#fail(known);
  }

  /** Chooses a peer and sends it the request: at once over an idle connection, else as soon as one is made. */
  #choose(): void {
    const peer = this.#choice.next(this.#request.group);
    if (peer === undefined) this.#onNoPeer();
    else if (peer instanceof Promise) this.#after(peer);
    else this.#attempt(peer, false);
  }

  #onNoPeer(): void {
    const { upstream } = this.#request.group;
    const error = new ProxyError('no_live_upstream', `upstream "${upstream.name}"`);
    this.attempts.none(upstream.name, error.status);
    if (this.#location.pass !== undefined) this.#request.tell(error, upstream.name, this.responseStarted, false);
    this.#fail(this.#location.pass === undefined ? (this.#lastError ?? error) : error);
  }

  #attempt(peer: Peer, freshOnly: boolean): void {
    this.#attempts++;
    this.#choice.tried.add(peer);
    this.#peer = peer;
    this.#request.sent = false;
    this.attempts.begin(peer.name, peer.counts);
    peer.acquire();
    this.#giveTo = handOffTarget(this.#exchange, this.#head, this.#location, this.#request.group, peer);
    if (this.#giveTo !== undefined) return;
    const via = this.#location.pass?.via(this.#facts);
    const idle = freshOnly ? undefined : this.#request.group.pool.take(peer, via?.key);
    const link = idle ?? this.#request.group.pool.open(peer, via);
    this.#reused = idle !== undefined;
    this.#link = link;
    link.use(this);
    this.attempts.onLink(link);
    if (idle !== undefined) {
      this.#request.send(link);
      this.attempts.onSent();
      if (this.#client.wire.paused) this.#client.takeBody();
    } else {
      link.deadline.set(this.#location.timeouts.connect);
    }
  }

  onConnected(): void {
    const link = this.#link;
    if (link === undefined) return;
    this.#request.send(link);
    this.attempts.onSent();
    link.wire.flush();
    this.#watch(link);
    if (link.wire.congested) this.#client.holdBody();
    else this.#client.takeBody();
  }

  /** Bytes of the request's body, framing removed. */
  requestBody(buffer: ReadBuffer, start: number, end: number): void {
    const waited = this.#request.waits;
    this.#request.take(this.#link, buffer, start, end);
    if (waited && !this.#request.waits) this.#choose();
  }

  requestBodyEnd(): void {
    const waited = this.#request.waits;
    this.#request.end(this.#link);
    if (waited && !this.#request.waits) this.#choose();
  }

  /** Sends what `start` and `requestBody` put. */
  flush(): void {
    if (this.#request.settle()) this.#choose();
    const link = this.#link;
    if (this.#giveTo !== undefined) this.#giveAway(this.#giveTo);
    if (link === undefined || !this.#request.sent) return;
    link.wire.flush();
    if (link.wire.congested) this.#client.holdBody();
    this.#watch(link);
  }

  #giveAway(target: HandOffTarget): void {
    const peer = this.#peer;
    this.#giveTo = undefined;
    this.#peer = undefined;
    if (peer === undefined) return;
    this.#request.sent = true;
    this.attempts.onSent();
    this.#handOff = new HandOff(this.#exchange, peer, target, this.#request.headText, this.#location.timeouts, this);
  }

  onHandOffRefused(): void {
    this.#handOff = undefined;
    this.#client.wire.resume();
    this.#choose();
    this.flush();
  }

  onHandOffFailed(error: ProxyError, peer: Peer, answerable: boolean): void {
    this.attempts.onError(error, false);
    this.attempts.onEnd();
    this.#request.tell(error, peer.name, false, false);
    if (answerable) this.#fail(error);
    else this.#client.wire.destroy();
  }

  /** Sets the peer's timeout for what it owes now: taking our bytes, or answering. */
  #watch(link: Link): void {
    const { timeouts } = this.#location;
    // It is the client that holds up the response.
    if (link.wire.paused) return;
    if (link.wire.pending > 0) link.deadline.set(timeouts.upstreamSend);
    else if (this.#request.ended) link.deadline.set(timeouts.read);
    else link.deadline.clear();
  }

  onLinkDrain(): void {
    if (this.#link === undefined) return;
    this.#watch(this.#link);
    this.#client.takeBody();
  }

  onResponseHead(head: ResponseHead, framing: BodyFraming): void {
    this.response = head;
    this.attempts.onHead(head.status);
    if (head.status >= 300 && this.#turnsAway(head.status)) return;
    this.#relay.begin(head, framing, this.#request.ended, this.#request.group.upstream.onHead(this.#peer, this.#facts));
    // The client asked for the head only, the peer was asked for more (nginx: `proxy_method`).
    if (this.#head.method === 'HEAD' && framing !== 'none') this.onResponseEnd(false);
  }

  /** Another peer is asked, or an error page turned to: nothing of this answer is passed on. */
  #turnsAway(status: number): boolean {
    const { pass } = this.#location;
    if (pass?.retry.afterStatus(status, this.#request.attempted(this.#attempts)) === true) {
      if (this.#peer !== undefined) this.#peer.counts.retries++;
      this.#leave(!countsAsFailure(status));
      this.#choose();
      this.flush();
      return true;
    }
    if (pass?.options.intercept !== true || this.#location.errorPageFor(status) === undefined) return false;
    this.#leave(true);
    this.#ended = true;
    this.#exchange.intercept(status);
    return true;
  }

  #leave(ok: boolean): void {
    this.#link?.destroy();
    this.#link = undefined;
    this.#release(ok);
  }

  bodyBytes(buffer: ReadBuffer, start: number, end: number): void {
    this.#relay.body(buffer, start, end);
  }

  #learn(sid: string): void {
    if (this.#peer !== undefined) this.#request.group.upstream.onSessionOpened(sid, this.#peer);
  }

  onReadEnd(): void {
    const link = this.#link;
    if (link === undefined) return;
    this.#relay.readEnd();
    this.#client.wire.flush();
    if (this.#client.wire.congested) {
      link.wire.pause();
      link.deadline.clear();
      this.#client.deadline.set(this.#client.settings.sendTimeout);
    } else {
      link.deadline.set(this.#location.timeouts.read);
    }
  }

  /** The client has taken what was written to it. */
  onClientDrain(): void {
    const link = this.#link;
    if (link === undefined || !this.responseStarted) return;
    this.#client.deadline.clear();
    link.wire.resume();
    link.deadline.set(this.#location.timeouts.read);
  }

  onResponseEnd(reusable: boolean): void {
    const link = this.#link;
    this.#relay.end();
    this.#link = undefined;
    this.#request.group.upstream.onAnswer(this.#peer, this.#facts);
    this.#release(true);
    if (link !== undefined) {
      if (reusable && this.#request.ended) this.#request.group.pool.give(link);
      else link.destroy();
    }
    this.#ended = true;
    this.#client.onExchangeEnd(this.#relay.keepAlive);
  }

  onSwitched(head: ResponseHead, buffer: ReadBuffer, start: number, end: number): void {
    const link = this.#link;
    const peer = this.#peer;
    if (link === undefined || peer === undefined) return;
    this.response = head;
    this.attempts.onHead(head.status);
    const { pass, timeouts } = this.#location;
    const asked = pass === undefined ? this.#head.asksWebSocket : this.#head.upgrade !== undefined;
    if (!asked || !this.#request.ended) {
      link.destroy();
      const error = new ProxyError('unexpected_upgrade');
      if (pass === undefined || asked) return this.onLinkError(error);
      this.#request.tell(error, peer.name, false, false);
      this.#release(true);
      this.#ended = true;
      const added = this.#location.addedTo(head.status, this.#facts);
      return this.#relay.headAlone(head, switchedHeadText(head, added, pass, this.#facts));
    }
    // The tunnel releases the peer, perhaps in hours, but it has answered well now.
    peer.succeeded();
    if (isOwnSession(this.#head)) peer.counts.websocketSessions++;
    this.#exchange.status = head.status;
    const added =
      this.#location.addedTo(head.status, this.#facts) + this.#request.group.upstream.onHead(this.#peer, this.#facts);
    this.#request.group.upstream.onAnswer(peer, this.#facts);
    this.#link = undefined;
    this.#peer = undefined;
    this.#ended = true;
    const { opensSession } = this.#choice;
    this.#exchange.onSwitched(
      { peer, link, group: this.#request.group, timeouts, opensSession, halfOpen: pass === undefined },
      switchedHeadText(head, added, pass, this.#facts),
      buffer,
      start,
      end,
    );
  }

  onLinkError(error: ProxyError): void {
    const peer = this.#peer;
    const { pass } = this.#location;
    // An idle connection that the peer closed while we used it says nothing of the peer's health.
    const stale = this.#reused && error.code === 'upstream_closed';
    const failed = {
      ...this.#request.attempted(this.#attempts - (stale ? 1 : 0)),
      code: error.code,
      responseStarted: this.responseStarted,
    };
    const retry = (pass?.retry ?? USUAL_RETRIES).afterFailure(failed);
    this.#link = undefined;
    this.attempts.onError(error, stale ? undefined : retry);
    // nginx counts no failure once the answer has begun.
    this.#release(stale || (pass !== undefined && this.responseStarted));
    this.#request.tell(error, peer?.name, this.responseStarted, retry);
    if (!retry || peer === undefined) {
      this.#fail(error);
    } else if (stale) {
      this.#attempts--;
      this.#attempt(peer, true);
    } else {
      this.#lastError = error;
      this.#choose();
      this.flush();
    }
  }

  /** The client is gone, or took nothing for too long: the request ends here and now. */
  abort(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#handOff?.abort();
    this.#leave(true);
  }

  #fail(error: ProxyError): void {
    this.#ended = true;
    // As nginx: where the client sees that it is not all, its connection ends in order.
    if (this.#location.pass !== undefined && this.#relay.cut()) this.#client.onExchangeEnd(false);
    else this.#exchange.fail(error);
  }

  #release(ok: boolean): void {
    this.attempts.onEnd();
    this.#peer?.release(ok);
    this.#peer = undefined;
  }
}
