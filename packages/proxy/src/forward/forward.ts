import { Attempts } from './attempts.js';
import { switchedHeadText } from './heads.js';
import { OutgoingRequest } from './request.js';
import { ResponseRelay } from './response.js';
import type { Forwarded, Responder, Turn } from '../client/turn.js';
import { ProxyError } from '../errors.js';
import type { UpstreamAttempt } from '../facts.js';
import type { BodyFraming } from '../http1/body.js';
import type { ResponseHead } from '../http1/response-head.js';
import { failureText } from '../log/upstream-failure.js';
import type { ReadBuffer } from '../net/wire.js';
import type { HandOffTarget } from '../options/hand-off-target.js';
import type { Location } from '../route/location.js';
import { countsAsFailure, USUAL_RETRIES } from '../route/retry.js';
import { handOffTarget } from '../tunnel/hand-off.js';
import type { HandOffUser } from '../tunnel/hand-off.js';
import { isOwnSession } from '../upstream/affinity/engine-io.js';
import { PeerChoice } from '../upstream/affinity/peer-choice.js';
import type { Link, LinkUser } from '../upstream/link/link.js';
import type { Peer } from '../upstream/peer.js';

/**
 * Forwards one request: chooses the peer, sends the request, relays the response, and retries at the next peer where that is
 * allowed. It ends the turn, passes it on, or is aborted.
 */
export class Forward implements Responder, Forwarded, LinkUser, HandOffUser {
  readonly #turn: Turn;
  readonly #location: Location;
  readonly request: OutgoingRequest;
  readonly #relay: ResponseRelay;
  readonly #attempts: Attempts;
  response: ResponseHead | undefined;
  readonly #choice: PeerChoice;
  /** Attempts that count: an attempt over a stale idle connection does not. */
  #count = 0;
  #peer: Peer | undefined;
  #link: Link | undefined;
  #reused = false;
  /** The error of the last attempt, which the client gets when no peer is left. */
  #lastError: ProxyError | undefined;
  /** The turn has ended or was passed on. */
  #ended = false;

  constructor(turn: Turn) {
    const { location, forwarded: before } = turn;
    this.#turn = turn;
    this.#location = location;
    const isForward = before instanceof Forward;
    this.#attempts = new Attempts(location.keepsAttempts, isForward ? before.#attempts : undefined);
    this.#choice = new PeerChoice(turn.engine, turn.origin.clientAddress, turn.head, turn.getFacts);
    const { opensPolling } = this.#choice;
    this.request = new OutgoingRequest(turn, opensPolling, isForward ? before.request : undefined);
    this.#relay = new ResponseRelay(turn, opensPolling ? (sid) => this.#learn(sid) : undefined);
  }

  get allAttempts(): readonly UpstreamAttempt[] {
    return this.#attempts.all;
  }

  get method(): string {
    return this.request.method;
  }

  /** Sends the request, or waits for the part of its body that is read before a peer is chosen. */
  start(): void {
    this.#turn.forwarded = this;
    this.#turn.continueBody();
    try {
      const pending = this.request.prepare();
      if (pending !== undefined) this.#after(pending);
      else if (!this.request.isWaiting) this.#choose();
    } catch (error) {
      this.#onLost(error);
    }
  }

  /** Chooses a peer when the promise has resolved. */
  #after(known: Promise<void>): void {
    const goOn = (): void => {
      if (this.#ended) return;
      if (!this.request.isWaiting) this.#choose();
      this.flush();
    };
    known.then(goOn).catch((error: unknown) => this.#onLost(error));
  }

  /** The target of the request could not be resolved. */
  #onLost(error: unknown): void {
    if (this.#ended) return;
    const known = error instanceof ProxyError ? error : new ProxyError('no_resolver', String(error), error);
    this.#location.targets?.logError(failureText(known, this.#turn.getFacts(), undefined));
    this.#fail(known);
  }

  /** Chooses a peer and sends the request: at once over an idle connection, otherwise when a new one is open. */
  #choose(): void {
    const peer = this.#choice.next(this.request.group);
    if (peer === undefined) this.#onNoPeer();
    else if (peer instanceof Promise) this.#after(peer);
    else this.#attempt(peer, false);
  }

  #onNoPeer(): void {
    const { upstream } = this.request.group;
    const error = new ProxyError('no_live_upstream', `upstream "${upstream.name}"`);
    this.#attempts.none(upstream.name, error.status);
    if (this.#location.pass !== undefined) this.request.logFailure(error, upstream.name, this.#turn.started, false);
    this.#fail(this.#location.pass === undefined ? (this.#lastError ?? error) : error);
  }

  #attempt(peer: Peer, freshOnly: boolean): void {
    this.#count++;
    this.#choice.tried.add(peer);
    this.#peer = peer;
    this.request.sent = false;
    this.#attempts.begin(peer.name, peer.counts);
    peer.acquire();
    const target = handOffTarget(peer, this.#location, this.request.group);
    if (target !== undefined && this.#turn.mayGiveAway) {
      this.#giveAway(peer, target);
      return;
    }
    const via = this.#location.pass?.via(this.#turn.getFacts);
    const idle = freshOnly ? undefined : this.request.group.pool.take(peer, via?.key);
    const link = idle ?? this.request.group.pool.open(peer, via);
    this.#reused = idle !== undefined;
    this.#link = link;
    link.use(this);
    this.#attempts.onLink(link);
    if (idle !== undefined) {
      this.request.send(link);
      this.#attempts.onSent();
      this.#turn.takeBody();
    } else {
      link.deadline.set(this.#location.timeouts.connect);
    }
  }

  onConnected(): void {
    const link = this.#link;
    if (link === undefined) return;
    this.request.send(link);
    this.#attempts.onSent();
    link.wire.flush();
    this.#watch(link);
    if (link.wire.congested) this.#turn.holdBody();
    else this.#turn.takeBody();
  }

  /** Bytes of the request's body, framing removed. */
  requestBody(buffer: ReadBuffer, start: number, end: number): void {
    const waited = this.request.isWaiting;
    this.request.take(this.#link, buffer, start, end);
    if (waited && !this.request.isWaiting) this.#choose();
  }

  requestBodyEnd(): void {
    const waited = this.request.isWaiting;
    this.request.end(this.#link);
    if (waited && !this.request.isWaiting) this.#choose();
  }

  /** Sends what `start` and `requestBody` have composed. */
  flush(): void {
    if (this.#ended) return;
    if (this.request.onReadEnd()) this.#choose();
    const link = this.#link;
    if (link === undefined || !this.request.sent) return;
    link.wire.flush();
    if (link.wire.congested) this.#turn.holdBody();
    this.#watch(link);
  }

  #giveAway(peer: Peer, target: HandOffTarget): void {
    this.#peer = undefined;
    this.request.sent = true;
    this.#attempts.onSent();
    this.#turn.giveAway(peer, target, this.request.headText, this);
  }

  onHandOffRefused(): void {
    this.#turn.takeBody();
    this.#choose();
    this.flush();
  }

  onHandedOff(status: number): void {
    this.#attempts.onHead(status);
  }

  onHandOffEnded(): void {
    this.#attempts.onEnd();
  }

  onHandOffFailed(error: ProxyError, peer: Peer, answerable: boolean): void {
    this.#attempts.onError(error, false);
    this.#attempts.onEnd();
    this.request.logFailure(error, peer.name, false, false);
    if (answerable) {
      this.#fail(error);
      return;
    }
    this.#ended = true;
    this.#turn.drop(error.status);
  }

  /** Sets the peer's timeout: for reading our bytes, or for its response. */
  #watch(link: Link): void {
    const { timeouts } = this.#location;
    // Reading is paused: the client delays the response, not the peer.
    if (link.wire.paused) return;
    if (link.wire.pending > 0) link.deadline.set(timeouts.upstreamSend);
    else if (this.request.ended) link.deadline.set(timeouts.read);
    else link.deadline.clear();
  }

  onLinkDrain(): void {
    if (this.#link === undefined) return;
    this.#watch(this.#link);
    this.#turn.takeBody();
  }

  onResponseHead(head: ResponseHead, framing: BodyFraming): void {
    this.response = head;
    this.#attempts.onHead(head.status);
    if (head.status >= 300 && this.#turnsAway(head.status)) return;
    this.#relay.begin(
      head,
      framing,
      this.request.ended,
      this.request.group.upstream.onHead(this.#peer, this.#turn.getFacts),
    );
    // The client sent HEAD, the peer got another method (nginx: `proxy_method`).
    if (this.#turn.head.method === 'HEAD' && framing !== 'none') this.onResponseEnd(false);
  }

  /** Drops the response if a retry or an error page replaces it. @returns whether one does */
  #turnsAway(status: number): boolean {
    const { pass } = this.#location;
    if (pass?.retry.afterStatus(status, this.request.attempted(this.#count)) === true) {
      if (this.#peer !== undefined) this.#peer.counts.retries++;
      this.#leave(!countsAsFailure(status));
      this.#choose();
      this.flush();
      return true;
    }
    if (pass?.options.intercept !== true || this.#location.errorPageFor(status) === undefined) return false;
    this.#leave(true);
    this.#ended = true;
    this.#turn.answerError(status);
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
    if (this.#peer !== undefined) this.request.group.upstream.onSessionOpened(sid, this.#peer);
  }

  onReadEnd(): void {
    const link = this.#link;
    if (link === undefined) return;
    this.#relay.readEnd();
    if (this.#turn.flush()) {
      link.deadline.set(this.#location.timeouts.read);
    } else {
      link.wire.pause();
      link.deadline.clear();
    }
  }

  /** The client has taken what was written to it. */
  onClientDrain(): void {
    const link = this.#link;
    if (link === undefined) return;
    link.wire.resume();
    link.deadline.set(this.#location.timeouts.read);
  }

  onResponseEnd(reusable: boolean): void {
    const link = this.#link;
    this.#link = undefined;
    this.request.group.upstream.onAnswer(this.#peer, this.#turn.getFacts);
    this.#release(true);
    if (link !== undefined) {
      if (reusable && this.request.ended) this.request.group.pool.give(link);
      else link.destroy();
    }
    this.#ended = true;
    this.#relay.end();
  }

  onSwitched(head: ResponseHead, buffer: ReadBuffer, start: number, end: number): void {
    const link = this.#link;
    const peer = this.#peer;
    if (link === undefined || peer === undefined) return;
    this.response = head;
    this.#attempts.onHead(head.status);
    const { pass, timeouts } = this.#location;
    const { head: request } = this.#turn;
    this.#turn.status = head.status;
    const asked = pass === undefined ? request.asksWebSocket : request.upgrade !== undefined;
    if (!asked || !this.request.ended) {
      link.destroy();
      const error = new ProxyError('unexpected_upgrade');
      if (pass === undefined || asked) return this.onLinkError(error);
      this.request.logFailure(error, peer.name, false, false);
      this.#release(true);
      this.#ended = true;
      const added = this.#location.addedTo(head.status, this.#turn.getFacts);
      return this.#relay.headAlone(switchedHeadText(head, added, pass, this.#turn.getFacts));
    }
    // The tunnel releases the peer when it ends, perhaps in hours; the peer has answered properly now.
    peer.succeeded();
    if (isOwnSession(request)) peer.counts.websocketSessions++;
    const added =
      this.#location.addedTo(head.status, this.#turn.getFacts) +
      this.request.group.upstream.onHead(this.#peer, this.#turn.getFacts);
    this.request.group.upstream.onAnswer(peer, this.#turn.getFacts);
    this.#link = undefined;
    this.#peer = undefined;
    this.#ended = true;
    const { opensSession } = this.#choice;
    this.#turn.upgrade(
      { peer, link, group: this.request.group, timeouts, opensSession, halfOpen: pass === undefined },
      switchedHeadText(head, added, pass, this.#turn.getFacts),
      buffer,
      start,
      end,
    );
  }

  onLinkError(error: ProxyError): void {
    const peer = this.#peer;
    const { pass } = this.#location;
    // A kept-alive connection that the peer closes as we reuse it counts neither as a failure nor as an attempt.
    const stale = this.#reused && error.code === 'upstream_closed';
    const failed = {
      ...this.request.attempted(this.#count - (stale ? 1 : 0)),
      code: error.code,
      responseStarted: this.#turn.started,
    };
    const retry = (pass?.retry ?? USUAL_RETRIES).afterFailure(failed);
    this.#link = undefined;
    this.#attempts.onError(error, stale ? undefined : retry);
    // nginx counts no failure once the response has begun.
    this.#release(stale || (pass !== undefined && this.#turn.started));
    this.request.logFailure(error, peer?.name, this.#turn.started, retry);
    if (!retry || peer === undefined) {
      this.#fail(error);
    } else if (stale) {
      this.#count--;
      this.#attempt(peer, true);
    } else {
      this.#lastError = error;
      this.#choose();
      this.flush();
    }
  }

  /** See `Responder.abort`. */
  abort(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#leave(true);
  }

  #fail(error: ProxyError): void {
    this.#ended = true;
    // As in nginx, the connection ends cleanly where the client can see that the response is incomplete.
    if (this.#location.pass !== undefined && this.#relay.cut()) this.#turn.end(false);
    else this.#turn.fail(error);
  }

  #release(ok: boolean): void {
    this.#attempts.onEnd();
    this.#peer?.release(ok);
    this.#peer = undefined;
  }
}
