import type { Place } from '@pinwheel/roster';
import { TLSSocket } from 'node:tls';
import type { Frontend } from './frontend.js';
import type { ConnectionOptions } from '../options/client.js';
import { now } from '../net/clock.js';
import { Deadline } from '../net/deadline.js';
import { ProxyError } from '../errors.js';
import { Exchange } from './exchange.js';
import type { Facts, ProxyProtocolFacts } from '../facts.js';
import type { Origin } from '../origin/origin.js';
import type { BodySink } from '../http1/body.js';
import { BodyReader, chunkedLength } from '../http1/body.js';
import { RecentHeads } from '../http1/recent-heads.js';
import type { RequestHead } from '../http1/request-head.js';
import { findRequestHead, readRequestHead, refusedHead } from '../http1/request-head.js';
import type { Listener } from '../listen/listener.js';
import { EngineRequests } from '../upstream/affinity/engine-io.js';
import type { ReadBuffer, Wire, WireReader } from '../net/wire.js';

/** Bytes of later requests that are read while one is being answered (RFC 9112 9.3.2); past that reading stops. */
const PIPELINED = 65_536;
/** Milliseconds for a client to read a response that came before the end of its request. */
const LINGER = 2_000;
/** Milliseconds between two reads of a discarded body, and for all of it (nginx: `lingering_timeout`, `lingering_time`). */
const DROPPED_READ = 5_000;
const DROPPED_BODY = 30_000;
/** The HTTP/1.1 connection of one client: reads its requests one after another, each an `Exchange`. */
export class Client implements WireReader, BodySink {
  readonly wire: Wire;
  /** Its place in the frontend's list of clients. */
  place: Place<Client> | undefined;
  readonly tls: boolean;
  /** Plain HTTP on a TLS listener: every request is answered with 400 (nginx: 497). */
  readonly refusesPlain: boolean;
  readonly socketAddress: string;
  readonly remotePort: number | undefined;
  /** The client according to the connection itself, whatever trusted proxies say. */
  readonly directOrigin: Origin;
  readonly deadline = new Deadline(() => this.#onExpired());
  readonly frontend: Frontend;
  readonly body = new BodyReader();
  readonly sessions = new EngineRequests();
  /** The settings of the location of the last request. */
  settings: ConnectionOptions;
  /** Milliseconds since the epoch. */
  readonly acceptedAt = Date.now();
  /** Number of the connection since the proxy's start. */
  readonly serial: number;
  readonly #since = now();
  /** Requests on this connection so far. */
  requests = 0;
  /** The current request came in the same read as the end of the request before (nginx: `$pipe`). */
  pipelined = false;
  /** Bytes of the current request's body as they came, framing included; discarded bytes do not count. */
  bodyTaken = 0;
  #exchange: Exchange | undefined;
  readonly #known = new RecentHeads<RequestHead>();
  /** The request is answered and the rest of its body is discarded until then, in `now()`; undefined otherwise. */
  #dropUntil: number | undefined;
  /** Bytes that were read and not parsed yet: an incomplete head, or requests after the current one. */
  #carry = '';
  /** The rest of the read that brought the current head, while the request is being started. */
  #unread: { readonly buffer: ReadBuffer; readonly start: number; readonly end: number } | undefined;
  /** The bytes being parsed waited for the previous request's answer. */
  #isBuffered = false;
  /** A read is being parsed. */
  processing = false;
  /** No further request is read; further bytes are discarded. */
  #ending = false;
  #switched = false;

  /**
   * @param listener the listener that accepted the connection
   * @param address the client's address
   */
  constructor(
    frontend: Frontend,
    readonly listener: Listener,
    address: string,
    wire: Wire,
    /** The facts of the PROXY protocol header, if there was one. */
    readonly proxied?: ProxyProtocolFacts,
  ) {
    this.frontend = frontend;
    this.serial = frontend.accepted;
    this.socketAddress = address;
    this.wire = wire;
    this.tls = this.wire.socket instanceof TLSSocket;
    this.refusesPlain = listener.options.tls !== undefined && !this.tls;
    this.remotePort = this.wire.socket.remotePort;
    this.directOrigin = {
      socketAddress: address,
      clientAddress: address,
      clientPort: this.remotePort,
      tls: this.tls,
      trusted: false,
    };
    this.settings = frontend.connectionDefaults;
  }

  /** Waits for the first request. */
  start(): void {
    this.wire.reader = this;
    this.deadline.set(this.listener.head.timeout);
  }

  /** The request in flight; a caller compares it with an earlier value to see whether that request is over. */
  get inFlight(): object | undefined {
    return this.#exchange;
  }

  /** How `stub_status` counts the connection; undefined when only its close is outstanding. */
  get phase(): 'reading' | 'writing' | 'waiting' | undefined {
    if (this.#ending && this.wire.pending === 0) return undefined;
    if (this.#exchange !== undefined && this.#dropUntil === undefined) return 'writing';
    return this.#carry === '' ? 'waiting' : 'reading';
  }

  readonly getFacts = (): Facts => {
    if (this.#exchange === undefined) throw new TypeError('the connection has no request in flight');
    return this.#exchange.facts;
  };

  /** Whether the connection may carry another request after this one. */
  mayKeepAlive(head: RequestHead): boolean {
    const { keepaliveTimeout, keepaliveRequests, keepaliveTime } = this.settings;
    if (head.close || this.frontend.closing || keepaliveTimeout === 0 || this.requests >= keepaliveRequests)
      return false;
    return keepaliveTime === 0 || now() - this.#since <= keepaliveTime;
  }

  /** Closes an idle connection now, a busy one after the request in flight. */
  closeWhenIdle(): void {
    if (this.#exchange !== undefined || this.#carry !== '' || this.#ending) return;
    if (this.wire.pending > 0) this.#end();
    else this.wire.destroy();
  }

  /** Stops reading the body while the peer does not keep up; the client's time for the body stops as well. */
  holdBody(): void {
    this.wire.pause();
    // When the client does not read its answer either, its time for that goes on.
    if (!this.body.done && !this.wire.congested) this.deadline.clear();
  }

  /** Resumes reading the body. */
  takeBody(): void {
    if (!this.body.done) this.deadline.set(this.settings.bodyTimeout);
    this.wire.resume();
  }

  onBytes(buffer: ReadBuffer, length: number): void {
    if (!this.#ending) this.#process(buffer, 0, length);
  }

  #process(buffer: ReadBuffer, start: number, end: number): void {
    this.processing = true;
    try {
      let at = start;
      while (at < end && !this.#ending) at = this.#step(buffer, at, end);
      this.#exchange?.onReadEnd();
    } catch (error) {
      if (!(error instanceof ProxyError)) throw error;
      if (this.#dropUntil === undefined) this.#refuse(error, buffer.bytes.toString('latin1', start, end));
      else this.#finish(false);
      // The error page may come from a peer.
      this.#exchange?.onReadEnd();
    } finally {
      this.processing = false;
    }
  }

  /** Parses the next part: a head, a body, or bytes after the body. @returns the index after the parsed part */
  #step(buffer: ReadBuffer, at: number, end: number): number {
    const exchange = this.#exchange;
    if (exchange === undefined && !this.wire.congested) return this.#readHead(buffer, at, end);
    if (exchange === undefined || this.body.done) {
      // A client that does not read its answers gets no further request parsed: `onDrain` goes on.
      this.#carry += buffer.bytes.toString('latin1', at, end);
      if (exchange === undefined || this.#carry.length > PIPELINED) this.wire.pause();
      return end;
    }
    const next = this.body.read(buffer, at, end, this);
    if (this.#exchange !== exchange) return next;
    if (this.#dropUntil === undefined) this.bodyTaken += next - at;
    if (this.#dropUntil !== undefined) {
      if (this.body.done) this.#finish(true);
      else this.deadline.set(Math.max(1, Math.min(DROPPED_READ, this.#dropUntil - now())));
    } else if (this.body.done) {
      this.deadline.clear();
      exchange.requestBodyEnd();
    } else if (!this.wire.paused) {
      this.deadline.set(this.settings.bodyTimeout);
    }
    return next;
  }

  #readHead(buffer: ReadBuffer, at: number, end: number): number {
    const before = this.#carry.length;
    const rules = this.listener.head;
    this.#known.readUnder(rules);
    if (before === 0) this.pipelined = at > 0 || this.#isBuffered;
    let head = before === 0 ? findRequestHead(buffer.bytes, at, end, this.#known) : undefined;
    if (head === undefined) {
      const text = this.#carry + buffer.bytes.toString('latin1', at, end);
      head = readRequestHead(text, 0, rules, this.#known);
      this.#carry = head === undefined ? text : '';
    }
    if (head === undefined) {
      if (before === 0) this.deadline.set(rules.timeout);
      return end;
    }
    const next = at + head.length - before;
    this.requests++;
    this.bodyTaken = 0;
    this.body.begin(head.chunked ? 'chunked' : head.contentLength > 0 ? 'length' : 'none', head.contentLength);
    const exchange = new Exchange(this, head, this.frontend.originOf(head, this));
    this.#exchange = exchange;
    if (this.body.done) this.deadline.clear();
    else this.deadline.set(this.settings.bodyTimeout);
    if (next < end) this.#unread = { buffer, start: next, end };
    exchange.start();
    const isTaken = next < end && this.#unread === undefined;
    this.#unread = undefined;
    if (!isTaken) return next;
    // The hand-off that took the rest was refused and the request is over: the rest is parsed in its place.
    if (this.#exchange === undefined && !this.#ending && !this.#switched) {
      this.#carry = '';
      return next;
    }
    return end;
  }

  /**
   * Checks the part of a chunked body that came with its head, before an answer that does not read the body, as nginx does.
   *
   * @param limit bytes of the body; 0 is no limit
   * @throws ProxyError `bad_chunk`, `body_too_large`
   */
  checkEarlyBody(limit: number): void {
    if (this.#unread === undefined || this.#exchange?.head.chunked !== true) return;
    const { buffer, start, end } = this.#unread;
    const length = chunkedLength(buffer, start, end);
    if (limit > 0 && length > limit) throw new ProxyError('body_too_large', `chunked body: ${length} bytes`);
  }

  /** Answers an invalid request with the page of its error (RFC 9112 2.2, 6.3). @param text the bytes of the last read */
  #refuse(error: ProxyError, text: string): void {
    let exchange = this.#exchange;
    this.#unread = undefined;
    if (exchange === undefined) {
      // Without a complete head it still counts as a request, the last one of the connection.
      const head = refusedHead(error, this.#carry + text);
      this.#carry = '';
      this.requests++;
      this.body.begin('none', 0);
      exchange = new Exchange(this, head, this.frontend.originOf(head, this));
      this.#exchange = exchange;
    }
    exchange.fail(error);
  }

  bodyBytes(buffer: ReadBuffer, start: number, end: number): void {
    if (this.#dropUntil === undefined) this.#exchange?.requestBody(buffer, start, end);
  }

  /** The response is complete. If the connection is kept, the rest of the request's body is read and discarded. */
  onAnswered(keepAlive: boolean): void {
    if (!keepAlive || this.body.done) {
      this.#finish(keepAlive);
      return;
    }
    this.#dropUntil = now() + DROPPED_BODY;
    this.deadline.set(DROPPED_READ);
    this.wire.resume();
  }

  /** The request has ended. */
  #finish(keepAlive: boolean): void {
    const exchange = this.#exchange;
    this.#forget();
    exchange?.finish();
    if (!keepAlive || (this.frontend.closing && this.#carry === '')) this.#end();
    else this.#awaitRequest();
  }

  /** Ends the request and closes the connection at once: what came behind the request is not served. */
  drop(): void {
    const exchange = this.#exchange;
    this.#ending = true;
    this.#forget();
    exchange?.finish();
    this.wire.destroy();
  }

  #forget(): void {
    this.#exchange = undefined;
    this.#dropUntil = undefined;
  }

  #awaitRequest(): void {
    const { keepaliveTimeout, sendTimeout } = this.settings;
    this.deadline.set(this.wire.pending > 0 ? Math.max(keepaliveTimeout, sendTimeout) : keepaliveTimeout);
    this.wire.resume();
    if (!this.processing && this.#carry !== '') this.#processCarry();
  }

  #processCarry(): void {
    const bytes = Buffer.from(this.#carry, 'latin1');
    this.#carry = '';
    this.#isBuffered = true;
    this.#process({ bytes, shared: false, lent: false }, 0, bytes.length);
    this.#isBuffered = false;
  }

  /**
   * Ends the connection after the pending bytes. Closing it while the client still sends would reset it, and the client might
   * lose the response, so further bytes are read and discarded for a while (RFC 9112 9.6).
   */
  #end(): void {
    this.#ending = true;
    this.#carry = '';
    this.wire.resume();
    this.wire.end();
    this.deadline.set(this.wire.pending > 0 ? this.settings.sendTimeout : LINGER);
  }

  /** The connection becomes a tunnel. @returns the bytes that followed the request, a byte string */
  onSwitched(): string {
    const early = this.#carry;
    this.#carry = '';
    this.#leave();
    return early;
  }

  /** Stops reading while a peer's process decides. @returns the bytes that followed the request, which are kept as well */
  stopForHandOff(): string {
    this.wire.pause();
    this.deadline.clear();
    if (this.#unread !== undefined) {
      const { buffer, start, end } = this.#unread;
      this.#carry += buffer.bytes.toString('latin1', start, end);
      this.#unread = undefined;
    }
    return this.#carry;
  }

  /** The process of a peer has taken the connection. */
  onHandedOff(): void {
    this.#carry = '';
    this.#leave();
    this.wire.release();
  }

  #leave(): void {
    this.#switched = true;
    this.#exchange = undefined;
    this.deadline.close();
    this.frontend.onClientSwitched(this);
  }

  onEnd(): void {
    // As in nginx, a client that ends its stream has left (499).
    const started = this.#exchange?.started ?? false;
    const answered = this.#dropUntil !== undefined;
    this.#abandon();
    if (started && !answered) this.wire.reset();
    else if (this.wire.pending === 0) this.wire.destroy();
    else if (!this.#ending) this.#end();
  }

  /** The client has left; a request in flight ends with it. */
  #abandon(): void {
    const exchange = this.#exchange;
    const isAnswered = exchange === undefined || exchange.isFailed || this.#dropUntil !== undefined;
    if (!isAnswered) this.frontend.countError('client_closed', this);
    this.#forget();
    exchange?.leave();
  }

  onDrain(): void {
    if (this.#ending) this.deadline.set(LINGER);
    else if (this.#exchange !== undefined) this.#exchange.onClientDrain();
    else if (this.wire.paused || this.#carry === '') this.#awaitRequest();
  }

  onClose(): void {
    this.deadline.close();
    this.#abandon();
    if (!this.#switched) this.frontend.onClientClosed(this);
  }

  #onExpired(): void {
    const exchange = this.#exchange;
    const answered = this.#dropUntil !== undefined;
    const awaitsRequest = exchange === undefined ? this.#carry !== '' : !this.body.done;
    if (this.wire.pending > 0 || (!answered && exchange?.started === true)) this.wire.reset();
    else if (this.#ending || answered || !awaitsRequest) this.wire.destroy();
    else {
      const part = exchange !== undefined ? 'body' : this.#carry.includes('\n') ? 'headers' : 'line';
      this.#refuse(new ProxyError('request_timeout', ` while reading client request ${part}`), '');
    }
  }
}
