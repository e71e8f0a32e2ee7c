import { configuredReply } from './configured-reply.js';
import { Deadline } from './deadline.js';
import { ProxyError } from './errors.js';
import { Forward } from './forward.js';
import type { Origin } from './forwarded-head.js';
import type { BodySink } from './http1/body.js';
import { BodyReader } from './http1/body.js';
import type { Reply } from './http1/reply.js';
import { CONTINUE, errorPage, replyText } from './http1/reply.js';
import type { RequestHead } from './http1/request-head.js';
import { readRequestHead } from './http1/request-head.js';
import type { Facts } from './facts.js';
import type { Listener } from './listener.js';
import type { Location } from './location.js';
import type { LimitOptions, ReplyOptions, TimeoutOptions } from './options.js';
import { RequestFacts } from './request-facts.js';
import type { TunnelEnds } from './tunnel.js';
import type { ReadBuffer, Wire, WireReader } from './wire.js';

/** What a client connection needs of the proxy it came to. */
export interface ClientHost {
  readonly timeouts: TimeoutOptions;
  readonly limits: LimitOptions;
  /** True while the proxy closes: connections end with the request in hand. */
  readonly closing: boolean;
  /** The location for a request, or undefined when none fits. */
  route(head: RequestHead, client: Client): Location | undefined;
  originOf(head: RequestHead, client: Client): Origin;
  onTunnel(client: Client, ends: TunnelEnds, early: string): void;
  onClientClosed(client: Client): void;
}

let connections = 0;
/** Bytes of later requests taken in while one is being answered (RFC 9112 9.3.2); past that the client has to wait. */
const PIPELINED = 65_536;
/** Milliseconds given to a client to read an answer that came before the whole request. */
const LINGER = 2_000;

/** The HTTP/1.1 side towards one client: reads its requests one after another and writes the answers. */
export class Client implements WireReader, BodySink {
  readonly wire: Wire;
  readonly tls: boolean;
  readonly socketAddress: string;
  /** Of the current request. */
  origin: Origin;
  readonly deadline = new Deadline(() => this.#onExpired());
  readonly #host: ClientHost;
  readonly #body = new BodyReader();
  #head: RequestHead | undefined;
  #location: Location | undefined;
  /** Of the current request, once something has asked for it. */
  #facts: RequestFacts | undefined;
  /** When the current request's head was read, and what had been written on the connection by then. */
  requestStart = 0;
  writtenBefore = 0;
  /** Milliseconds since the epoch. */
  readonly acceptedAt = Date.now();
  readonly serial = ++connections;
  #lastServerName = '';
  readonly remotePort: number | undefined;
  /** Status and head size of the current answer. */
  status = 0;
  headLength = 0;
  #forward: Forward | undefined;
  /** What came and was not looked at yet: an unfinished head, or requests behind the current one. */
  #carry = '';
  /** On this connection so far. */
  requests = 0;
  #processing = false;
  /** No further request is read; what still comes is thrown away. */
  #ending = false;
  #switched = false;

  /**
   * @param listener the one it came to
   * @param address of the client
   */
  constructor(
    host: ClientHost,
    readonly listener: Listener,
    address: string,
    wireUp: (reader: WireReader) => Wire,
  ) {
    this.#host = host;
    this.tls = listener.options.tls !== undefined;
    this.socketAddress = address;
    this.origin = { socketAddress: address, clientAddress: address, tls: this.tls, trusted: false };
    this.wire = wireUp(this);
    this.remotePort = this.wire.socket.remotePort;
    this.deadline.set(host.timeouts.clientHeader);
  }

  /** A request is being read or answered. */
  get busy(): boolean {
    return this.#head !== undefined || this.#carry !== '';
  }

  /** What is known of the current request. */
  get facts(): Facts {
    this.#facts ??= new RequestFacts(this, this.#head, this.#forward);
    if (this.#forward !== undefined) this.#facts.forwardedBy(this.#forward);
    return this.#facts;
  }

  /** See `TimeoutOptions.send`. */
  get sendTimeout(): number {
    return this.#host.timeouts.send;
  }

  readonly getFacts = (): Facts => this.facts;

  get bodyReceived(): number {
    return this.#body.received;
  }

  /** First name of the server that has the current request. */
  get serverName(): string {
    return this.#location?.serverName ?? this.#lastServerName;
  }

  /** Whether the connection may carry another request after this one. */
  mayKeepAlive(head: RequestHead): boolean {
    return !head.close && !this.#host.closing && this.requests < this.#host.limits.requests;
  }

  /** Closes an idle connection now; a busy one ends with the request in hand. */
  closeWhenIdle(): void {
    if (this.busy || this.#ending) return;
    if (this.wire.pending > 0) this.#end();
    else this.wire.destroy();
  }

  /** The peer takes no more for now: the body is read no further, which is not the client's fault. */
  holdBody(): void {
    this.wire.pause();
    // Where the client takes no answer either, its time for that goes on.
    if (!this.#body.done && !this.wire.congested) this.deadline.clear();
  }

  /** The peer takes the body again. */
  takeBody(): void {
    if (!this.#body.done) this.deadline.set(this.#host.timeouts.clientBody);
    this.wire.resume();
  }

  onBytes(buffer: ReadBuffer, length: number): void {
    if (!this.#ending) this.#process(buffer, 0, length);
  }

  #process(buffer: ReadBuffer, start: number, end: number): void {
    this.#processing = true;
    try {
      let at = start;
      while (at < end && !this.#ending) at = this.#step(buffer, at, end);
      this.#forward?.flush();
    } catch (error) {
      if (!(error instanceof ProxyError)) throw error;
      this.#refuse(error);
    } finally {
      this.#processing = false;
    }
  }

  /** Reads on in the request line and fields, the body, or what is behind it. */
  #step(buffer: ReadBuffer, at: number, end: number): number {
    const idle = this.#head === undefined;
    if (idle && !this.wire.congested) return this.#readHead(buffer, at, end);
    if (idle || this.#body.done) {
      // A client that takes no answers is asked for no further requests: `onDrain` goes on.
      this.#carry += buffer.bytes.toString('latin1', at, end);
      if (idle || this.#carry.length > PIPELINED) this.wire.pause();
      return end;
    }
    const next = this.#body.read(buffer, at, end, this);
    if (this.#forward === undefined) return next;
    if (this.#body.done) {
      this.deadline.clear();
      this.#forward.requestBodyEnd();
    } else if (!this.wire.paused) {
      this.deadline.set(this.#host.timeouts.clientBody);
    }
    return next;
  }

  #readHead(buffer: ReadBuffer, at: number, end: number): number {
    const before = this.#carry.length;
    const text = this.#carry + buffer.bytes.toString('latin1', at, end);
    const head = readRequestHead(text, 0, this.#host.limits);
    if (head === undefined) {
      if (before === 0) this.deadline.set(this.#host.timeouts.clientHeader);
      this.#carry = text;
      return end;
    }
    this.#carry = '';
    const next = at + head.length - before;
    this.#begin(head, next < end);
    return next;
  }

  #begin(head: RequestHead, bodyHere: boolean): void {
    this.requests++;
    this.#head = head;
    this.#facts = undefined;
    this.#location = undefined;
    this.status = 0;
    this.headLength = 0;
    this.requestStart = performance.now();
    this.writtenBefore = this.wire.bytesWritten;
    this.#body.begin(head.chunked ? 'chunked' : head.contentLength > 0 ? 'length' : 'none', head.contentLength);
    this.origin = this.#host.originOf(head, this);
    const location = this.#host.route(head, this);
    if (location === undefined) throw new ProxyError('no_location', head.target);
    this.#location = location;
    location.admit?.(this.wire.socket, head.host);
    const { bodyLimit } = location;
    if (bodyLimit > 0 && head.contentLength > bodyLimit) {
      throw new ProxyError('body_too_large', `${head.contentLength} bytes, the limit is ${bodyLimit}`);
    }
    if (location.reply !== undefined) {
      this.#reply(location.reply, head);
      return;
    }
    if (this.#body.done) {
      this.deadline.clear();
    } else {
      this.deadline.set(this.#host.timeouts.clientBody);
      if (head.expectContinue && !bodyHere) {
        this.wire.put(CONTINUE);
        this.wire.flush();
      }
    }
    const forward = new Forward(this, head, location, this.getFacts);
    this.#forward = forward;
    forward.start();
  }

  /** Answers as configured (nginx: `return`). A body that is still to come is not waited for. */
  #reply(reply: ReplyOptions, head: RequestHead): void {
    const answer = configuredReply(reply, this.getFacts);
    if (answer === undefined) {
      this.status = reply.status;
      this.#over();
      this.wire.destroy();
      return;
    }
    const keepAlive = answer.last !== true && this.#body.done && this.mayKeepAlive(head);
    this.#answer(answer, keepAlive);
    this.onExchangeEnd(keepAlive);
  }

  bodyBytes(buffer: ReadBuffer, start: number, end: number): void {
    const limit = this.#location?.bodyLimit ?? 0;
    if (limit > 0 && this.#body.received > limit) throw new ProxyError('body_too_large', `the limit is ${limit} bytes`);
    this.#forward?.requestBody(buffer, start, end);
  }

  /** The answer has been written. */
  onExchangeEnd(keepAlive: boolean): void {
    this.#over();
    this.#forward = undefined;
    this.#head = undefined;
    if (!keepAlive || (this.#host.closing && this.#carry === '')) {
      this.#end();
    } else {
      this.#awaitRequest();
    }
  }

  /** The request is over: its location is told once. */
  #over(): void {
    const location = this.#location;
    this.#location = undefined;
    this.#lastServerName = location?.serverName ?? '';
    location?.onEnd?.(this.facts);
  }

  #awaitRequest(): void {
    const { keepalive, send } = this.#host.timeouts;
    this.deadline.set(this.wire.pending > 0 ? Math.max(keepalive, send) : keepalive);
    this.wire.resume();
    if (!this.#processing && this.#carry !== '') this.#processCarry();
  }

  #processCarry(): void {
    const bytes = Buffer.from(this.#carry, 'latin1');
    this.#carry = '';
    this.#process({ bytes, shared: false, lent: false }, 0, bytes.length);
  }

  /** No peer gave an answer. */
  onForwardFailed(error: ProxyError, responseStarted: boolean): void {
    this.#forward = undefined;
    if (responseStarted) {
      // Half an answer with a clean end would be taken for a whole one.
      this.wire.reset();
      return;
    }
    const keepAlive = this.#head !== undefined && this.#body.done && this.mayKeepAlive(this.#head);
    this.#answer(errorPage(error.status), keepAlive);
    this.onExchangeEnd(keepAlive);
  }

  /** The request cannot be served as it is: answers and closes (RFC 9112 2.2, 6.3). */
  #refuse(error: ProxyError): void {
    const started = this.#forward?.responseStarted ?? false;
    this.#forward?.abort();
    this.#forward = undefined;
    if (started) {
      this.wire.reset();
      return;
    }
    this.#answer(errorPage(error.status, error.told), false);
    this.#over();
    this.#head = undefined;
    this.#end();
  }

  #answer(reply: Reply, keepAlive: boolean): void {
    const withBody = this.#head?.method !== 'HEAD';
    this.status = reply.status;
    const text = replyText(reply, keepAlive, withBody, this.#location?.addedTo(reply.status, this.getFacts));
    this.headLength = text.indexOf('\r\n\r\n') + 4;
    this.wire.put(text);
    this.wire.flush();
  }

  /**
   * Ends the connection after what was written. Closing while the client still sends would reset it and may take the
   * answer away unread, so what comes is read and dropped for a while (RFC 9112 9.6).
   */
  #end(): void {
    this.#ending = true;
    this.#carry = '';
    this.wire.resume();
    this.wire.end();
    this.deadline.set(this.wire.pending > 0 ? this.#host.timeouts.send : LINGER);
  }

  onSwitched(
    ends: Omit<TunnelEnds, 'client' | 'first' | 'onEnd'>,
    head: string,
    buffer: ReadBuffer,
    start: number,
    end: number,
  ): void {
    this.#switched = true;
    this.#forward = undefined;
    this.deadline.close();
    const early = this.#carry;
    this.#carry = '';
    this.status = 101;
    this.headLength = head.length;
    this.wire.put(head);
    if (end > start) this.wire.putFrom(buffer, start, end);
    this.wire.flush();
    const first = end > start ? buffer.bytes.toString('latin1', start, Math.min(end, start + 512)) : '';
    this.#host.onTunnel(this, { ...ends, client: this.wire, first, onEnd: () => this.#over() }, early);
  }

  onEnd(): void {
    // nginx takes the end of a client's stream for its leaving (499); so does this.
    const started = this.#forward?.responseStarted ?? false;
    this.#abandon();
    if (started) this.wire.reset();
    else if (this.wire.pending === 0) this.wire.destroy();
    else if (!this.#ending) this.#end();
  }

  /** The client is gone in the middle of a request (nginx: 499). */
  #abandon(): void {
    if (this.#forward === undefined) return;
    if (!this.#forward.responseStarted) this.status = new ProxyError('client_closed').status;
    this.#forward.abort();
    this.#over();
    this.#forward = undefined;
  }

  onDrain(): void {
    if (this.#ending) this.deadline.set(LINGER);
    else if (this.#forward !== undefined) this.#forward.onClientDrain();
    else if (this.#head === undefined && (this.wire.paused || this.#carry === '')) this.#awaitRequest();
  }

  onClose(): void {
    this.deadline.close();
    this.#abandon();
    if (!this.#switched) this.#host.onClientClosed(this);
  }

  #onExpired(): void {
    const awaitsRequest = this.#head === undefined ? this.#carry !== '' : !this.#body.done;
    if (this.wire.pending > 0 || this.#forward?.responseStarted === true) {
      this.wire.reset();
      return;
    }
    if (this.#ending || !awaitsRequest) {
      this.wire.destroy();
      return;
    }
    this.#refuse(new ProxyError('request_timeout'));
  }
}
