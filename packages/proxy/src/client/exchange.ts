import { AssertionError } from 'node:assert';
import type { Socket } from 'node:net';
import type { HandOffEnd } from '@pinwheel/protocol';
import type { Client } from './client.js';
import type { OwnTurn } from './own-answers.js';
import { OwnAnswers } from './own-answers.js';
import { RequestFacts } from './request-facts.js';
import type { Forwarded, Responder } from './turn.js';
import { ProxyError } from '../errors.js';
import type { Facts } from '../facts.js';
import { CONTINUE } from '../http1/reply.js';
import type { RequestHead } from '../http1/request-head.js';
import type { ListenerCounts } from '../listen/listener.js';
import { clientFailureLevel, clientFailureText } from '../log/client-failure.js';
import { requestMessage } from '../log/about-request.js';
import { now } from '../net/clock.js';
import type { ReadBuffer } from '../net/wire.js';
import type { HandOffTarget } from '../options/hand-off-target.js';
import type { LogLevel, ReplyOptions } from '../options/proxy.js';
import type { Origin } from '../origin/origin.js';
import { realOrigin } from '../origin/real-ip.js';
import type { Location, PeerTimeouts } from '../route/location.js';
import type { GivenConnection, HandOffUser } from '../tunnel/hand-off.js';
import { HandOff } from '../tunnel/hand-off.js';
import type { FarEnd } from '../tunnel/tunnel.js';
import type { EngineRequest } from '../upstream/affinity/engine-io.js';
import { HANDSHAKE_LENGTH, isOwnSession } from '../upstream/affinity/engine-io.js';
import type { Peer } from '../upstream/peer.js';

/**
 * The state of a request. `open`: no byte of a response was written. `answering`: the head was written. `failed`: the
 * response was cut off, and the connection is closing. `answered`: the whole response was written, and the rest of the
 * request's body may still be coming. `switched`: the connection is a tunnel or handed off. `over`: the request was logged.
 */
type State = 'open' | 'answering' | 'failed' | 'answered' | 'switched' | 'over';

/** One request and its answer, from its head to the access log, through all responders and internal redirects. */
export class Exchange implements OwnTurn, GivenConnection {
  readonly client: Client;
  readonly head: RequestHead;
  origin: Origin;
  /** The target before any internal redirect. */
  readonly requestUri: string;
  /** When the head was read (`now()`), and the bytes written on the connection by then. */
  readonly startedAt = now();
  readonly writtenBefore: number;
  status = 0;
  /** The head of the response; '' until it is written. */
  sentHead = '';
  /** The report of the peer's process on a connection that was handed off. */
  handOffEnd: HandOffEnd | undefined;
  forwarded: Forwarded | undefined;
  statusOverride = 0;
  #location: Location | undefined;
  #facts: RequestFacts | undefined;
  #state: State = 'open';
  /** Undefined while no responder handles the request. */
  #responder: Responder | undefined;
  #handOff: HandOff | undefined;
  #continued = false;
  #ownAnswers: OwnAnswers | undefined;
  /** The connection ends after this response. */
  #endsConnection = false;
  /** The rest of the request's body is discarded. */
  #bodyDropped = false;
  /** The responder waits until the client has taken what was written. */
  #awaitsDrain = false;

  /** @param head its `close` is set when it could not be read */
  constructor(client: Client, head: RequestHead, origin: Origin) {
    this.client = client;
    this.head = head;
    this.origin = origin;
    this.requestUri = head.target;
    this.writtenBefore = client.wire.bytesWritten;
  }

  /** The location of the request; undefined until it is found. */
  get place(): Location | undefined {
    return this.#location;
  }

  get location(): Location {
    const location = this.#location;
    if (location === undefined)
      throw new AssertionError({ message: 'a responder begins when the request has its location' });
    return location;
  }

  get facts(): Facts {
    this.#facts ??= new RequestFacts(this);
    return this.#facts;
  }

  get getFacts(): () => Facts {
    return this.client.getFacts;
  }

  get engine(): EngineRequest | undefined {
    return this.client.sessions.read(this.head.target, this.head.isRepeated);
  }

  get started(): boolean {
    return this.#state !== 'open';
  }

  get mayKeepAlive(): boolean {
    return !this.#endsConnection && this.client.mayKeepAlive(this.head);
  }

  get pending(): number {
    return this.client.wire.pending;
  }

  log(level: LogLevel, message: string): void {
    this.client.frontend.log(level, requestMessage(this.facts, message));
  }

  /** Finds the location and lets it answer. @throws ProxyError */
  start(): void {
    const { client, head } = this;
    const location = client.frontend.route(head, client);
    if (client.refusesPlain || location?.admit !== undefined) this.#admit(location);
    this.enter(location);
  }

  /** Refuses clients that this server does not admit, whatever the location. @throws ProxyError */
  #admit(location: Location | undefined): void {
    this.#location = location?.server.otherwise ?? location;
    if (this.client.refusesPlain) throw new ProxyError('plain_http');
    location?.admit?.(this.client.wire.socket, this.head.host);
  }

  enter(location: Location | undefined): void {
    if (location === undefined) {
      this.fail(new ProxyError('no_location', this.head.target));
      return;
    }
    this.#location = location;
    const { client, head } = this;
    client.settings = location.connection;
    if (location.realIps !== undefined && this.origin === client.directOrigin) {
      this.origin = realOrigin(this.origin, head, client.proxied, location.realIps);
    }
    const { bodyLimit } = location;
    if (bodyLimit > 0 && head.contentLength > bodyLimit && this.#ownAnswers?.onErrorPage !== true) {
      throw new ProxyError('body_too_large', `body: ${head.contentLength} bytes`);
    }
    location.prepare?.(this.facts);
    const responder = client.frontend.respond(this, location);
    if (responder === undefined) return;
    this.#responder = responder;
    responder.start();
    // While a read is being parsed, the body that came with the head goes out in the same write: `onReadEnd` flushes.
    if (!client.processing && this.#responder === responder) responder.flush();
  }

  /** Bytes of the request's body, framing removed. @throws ProxyError `body_too_large` */
  requestBody(buffer: ReadBuffer, start: number, end: number): void {
    if (this.#bodyDropped) return;
    const limit = this.#location?.bodyLimit ?? 0;
    if (limit > 0 && this.client.body.received > limit) {
      throw new ProxyError('body_too_large', `chunked body: ${this.client.body.received} bytes`);
    }
    this.#responder?.requestBody(buffer, start, end);
  }

  requestBodyEnd(): void {
    if (!this.#bodyDropped) this.#responder?.requestBodyEnd();
  }

  /** The answer was cut off by an error, which has been counted. */
  get isFailed(): boolean {
    return this.#state === 'failed';
  }

  /** One read of the client has been parsed. */
  onReadEnd(): void {
    this.#responder?.flush();
  }

  onClientDrain(): void {
    if (!this.#awaitsDrain) return;
    this.#awaitsDrain = false;
    this.client.deadline.clear();
    this.#responder?.onClientDrain();
  }

  continueBody(): void {
    // As in nginx, also when the body has come already.
    if (!this.head.expectContinue || this.#continued) return;
    this.#continued = true;
    this.client.wire.put(CONTINUE);
    this.client.wire.flush();
  }

  holdBody(): void {
    this.client.holdBody();
  }

  takeBody(): void {
    this.client.takeBody();
  }

  checkEarlyBody(): void {
    this.client.checkEarlyBody(this.#location?.bodyLimit ?? 0);
  }

  endConnection(): void {
    this.#endsConnection = true;
  }

  dropBody(): void {
    this.#endsConnection = this.#bodyDropped = true;
    this.head.dropBody();
  }

  begin(head: string): void {
    if (this.#state !== 'open') throw this.#broken('an answer begins once');
    this.#state = 'answering';
    this.sentHead = head;
    this.client.wire.put(head);
  }

  write(text: string): void {
    this.client.wire.put(text);
  }

  writeFrom(buffer: ReadBuffer, start: number, end: number): void {
    this.client.wire.putFrom(buffer, start, end);
  }

  flush(): boolean {
    const { wire, deadline, settings } = this.client;
    wire.flush();
    if (!wire.congested) return true;
    this.#awaitsDrain = true;
    deadline.set(settings.sendTimeout);
    return false;
  }

  end(keepAlive: boolean): void {
    if (this.#state !== 'answering') throw this.#broken('an answer ends once, after it began');
    this.#state = 'answered';
    this.#responder = undefined;
    this.client.wire.flush();
    this.client.onAnswered(keepAlive);
  }

  reply(reply: ReplyOptions): void {
    this.#responder = undefined;
    this.#own.reply(reply);
  }

  answerError(status: number, reason?: string, last?: string): void {
    this.#responder = undefined;
    this.#own.answerError(status, reason, last);
  }

  redirect(path: string, args: string | undefined): void {
    this.#responder = undefined;
    this.#own.redirect(path, args);
  }

  get #own(): OwnAnswers {
    this.#ownAnswers ??= new OwnAnswers(this);
    return this.#ownAnswers;
  }

  // Ends without a whole answer.

  fail(error: ProxyError): void {
    const { client } = this;
    // A target is checked before there is a location for it.
    this.#location ??= client.frontend.routeUnreadable(this.head, client);
    this.#handOff?.abort();
    this.#responder?.abort();
    this.#responder = undefined;
    client.frontend.countError(error.code, client);
    if (error.source === 'client') {
      this.dropBody();
      client.frontend.log(clientFailureLevel(error), clientFailureText(error, this.facts));
    }
    if (this.started) {
      this.#state = 'failed';
      // A truncated response with a clean end would look complete. The request ends when the connection closes.
      client.wire.reset();
    } else if (error.code === 'request_timeout') {
      // nginx closes requests that did not come in time without a response.
      this.drop(error.status);
    } else {
      this.answerError(error.status);
    }
  }

  drop(status: number): void {
    if (!this.started) this.status = status;
    this.#responder = undefined;
    this.client.drop();
  }

  /** The client has closed the connection before the response was written (nginx: 499). */
  leave(): void {
    if (!this.started) this.status = new ProxyError('client_closed').status;
    this.#handOff?.abort();
    this.#responder?.abort();
    this.#responder = undefined;
    this.finish();
  }

  /** Every request ends here, once: its location logs it. */
  finish(): void {
    if (this.#state === 'over') throw this.#broken('a request ends once');
    this.#state = 'over';
    this.#location?.onEnd?.(this.facts);
  }

  /** The error of a caller that ends or answers a request twice. */
  #broken(rule: string): AssertionError {
    return new AssertionError({ message: `${rule}; it is ${this.#state}` });
  }

  // The connection is not HTTP any more.

  upgrade(far: FarEnd, head: string, buffer: ReadBuffer, start: number, end: number): void {
    const { client } = this;
    this.begin(head);
    this.#responder = undefined;
    this.#state = 'switched';
    if (end > start) client.wire.putFrom(buffer, start, end);
    client.wire.flush();
    const first = end > start ? buffer.bytes.toString('latin1', start, Math.min(end, start + HANDSHAKE_LENGTH)) : '';
    const early = client.onSwitched();
    const near = { wire: client.wire, counts: client.listener.counts, early, onEnd: () => this.finish() };
    client.frontend.tunnels.open(near, far, first);
  }

  get mayGiveAway(): boolean {
    const { client, head } = this;
    const { wire, tls } = client;
    // What came behind a body has been read already: it cannot be given away with the connection.
    const isBodiless = !head.chunked && head.contentLength <= 0;
    return head.asksWebSocket && isBodiless && !tls && !wire.readsAhead && wire.pending === 0;
  }

  giveAway(peer: Peer, target: HandOffTarget, text: string, user: HandOffUser): void {
    const handOff = new HandOff(this.client.frontend.handOffs, this, peer, user);
    // Assigned before it starts: a process may refuse at once, and then the user gives the connection to another one.
    this.#handOff = handOff;
    handOff.start(target, text);
  }

  get socket(): Socket {
    return this.client.wire.socket;
  }

  get counts(): ListenerCounts {
    return this.client.listener.counts;
  }

  get isOwnSession(): boolean {
    return isOwnSession(this.head);
  }

  get timeouts(): PeerTimeouts {
    return this.location.timeouts;
  }

  stop(): string {
    return this.client.stopForHandOff();
  }

  onHandedOff(): boolean {
    this.#responder = undefined;
    this.#state = 'switched';
    this.status = 101;
    this.forwarded?.onHandedOff(this.status);
    const isLogged = this.#location?.onEnd !== undefined;
    // Node caches the address at the first reading: the log needs it after the handle has been closed.
    if (isLogged) void this.client.wire.socket.localAddress;
    this.client.onHandedOff();
    // Nothing waits for the report of the process: the request is not kept until then.
    if (!isLogged) this.finish();
    return isLogged;
  }

  onHandOffEnded(end: HandOffEnd | undefined): void {
    if (end !== undefined) this.status = end.status;
    this.handOffEnd = end;
    this.forwarded?.onHandOffEnded();
    this.finish();
  }
}
