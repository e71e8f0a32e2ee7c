import { ProxyError } from '../errors.js';
import type { Turn } from '../client/turn.js';
import { failureText } from '../log/upstream-failure.js';
import { RequestCache } from './head-cache.js';
import { configuredFields, forwardedFields, lengthFields, upgradeLines } from './heads.js';
import type { BodyLength } from '../http1/body.js';
import type { RequestHead } from '../http1/request-head.js';
import type { Link } from '../upstream/link/link.js';
import type { Location } from '../route/location.js';
import { valueOf } from '../options/value.js';
import { normalPath } from '../http1/target.js';
import type { PassTarget } from '../upstream/by-url.js';
import type { Attempted } from '../route/retry.js';
import type { UpstreamGroup } from '../upstream/upstream-group.js';
import type { ReadBuffer } from '../net/wire.js';

/** Bytes kept of a body that streams, for a retry; reading pauses there while there is no peer yet. */
const STREAMED = 65_536;
/** Longest body that is read before a peer is chosen; a longer one streams. */
const BUFFERED = 1_048_576;
/** Longest chunked body for an HTTP/1.0 peer, which needs the length before the body. */
const MEASURED = 67_108_864;

/** The client's request as it is sent to peers, perhaps more than once: its head, and the part of its body that has come. */
export class OutgoingRequest {
  /** The current attempt has sent the head. */
  sent = false;
  /** The whole body has come. */
  ended: boolean;
  /** Method for the peer: the client's, or the configured one. */
  method: string;
  /** The target of a `proxy_pass` with variables; undefined before it is resolved and without variables. */
  target: PassTarget | undefined;
  readonly #turn: Turn;
  readonly #head: RequestHead;
  readonly #location: Location;
  readonly #identityOnly: boolean;
  /** The body is read whole before a peer is chosen, up to `#limit`. */
  readonly #buffered: boolean;
  /** The location has options for bodies: a body that is complete is sent with its length. */
  readonly #configured: boolean;
  /** The body streams, and the rest of the read that brought the head, which may hold all of it, is still being parsed. */
  #reading: boolean;
  /** The target is being resolved. */
  #preparing = false;
  /** When the first attempt began (`performance.now()`); 0 without `retry.timeout`. */
  #since = 0;
  /** The body streams by configuration: as in nginx, a request that was sent is then not retried. */
  #once = false;
  readonly #limit: number;
  /** The part of the body that has come; '' when it exceeded `#limit` and was sent. */
  #body = '';
  /** `#body` is complete up to now, so that it can be sent again. */
  #kept = true;
  /** The current attempt sends the body in chunks. */
  #chunked = false;
  /** An earlier location has used up the body. */
  #gone = false;

  /**
   * @param identityOnly the response is read here, so it must not be compressed
   * @param before the same request, as an earlier location sent it
   */
  constructor(turn: Turn, identityOnly: boolean, before: OutgoingRequest | undefined) {
    const { head, location } = turn;
    this.#turn = turn;
    this.#head = head;
    this.#location = location;
    this.#identityOnly = identityOnly;
    this.method = head.method;
    const { pass } = location;
    const buffered = pass?.options.bufferRequest;
    const measured = pass?.options.httpVersion === '1.0';
    this.ended = !head.chunked && head.contentLength <= 0;
    this.#configured = buffered !== undefined;
    this.#limit = head.chunked && measured ? MEASURED : buffered === true ? BUFFERED : STREAMED;
    this.#buffered = (buffered === true && head.contentLength <= BUFFERED) || (head.chunked && measured);
    this.#reading = buffered === false && !this.ended && !this.#buffered;
    if (before !== undefined && !this.ended) {
      this.ended = before.ended;
      this.#gone = before.#gone || !before.#kept;
      this.#body = before.#body;
    }
  }

  /** More of the body has to come before a peer is chosen. */
  get waits(): boolean {
    if (this.#reading || this.#preparing) return true;
    return this.#buffered && !this.ended && this.#kept && !this.#gone && this.#body.length <= this.#limit;
  }

  /** One read of the client has been parsed. @returns true when the choice of a peer waited for that */
  settle(): boolean {
    if (this.#preparing) return false;
    const waited = this.#reading;
    this.#reading = false;
    return waited;
  }

  /** The body can be sent again. */
  get repeatable(): boolean {
    return this.#kept && !(this.#once && this.sent);
  }

  /** The body, if it is whole in memory and nginx would not have it in a file (nginx: `$request_body`). */
  get shownBody(): string | undefined {
    const { keptBody, bufferRequest } = this.#location.pass?.options ?? {};
    const isWhole = this.ended && this.#kept && !this.#gone && this.#body !== '';
    // nginx enlarges the buffer by a quarter if the whole body then fits.
    const isLong = keptBody !== undefined && bufferRequest === true && this.#body.length > keptBody * 1.25;
    return isWhole && !isLong ? this.#body : undefined;
  }

  /** The body was streamed and cannot be sent again. */
  get spent(): boolean {
    return this.#once && this.sent;
  }

  /** The framing of the body in the next attempt. */
  #length(): BodyLength {
    const { chunked, contentLength } = this.#head;
    if (this.#gone) return 'none';
    if (!chunked) return contentLength < 0 ? 'none' : contentLength;
    return this.#configured && this.ended && this.#kept ? this.#body.length : 'chunked';
  }

  /**
   * Resolves the method and the target, which may depend on the request.
   *
   * @returns a promise when a name has to be looked up
   * @throws ProxyError for a URL that cannot be resolved; the promise may reject with one
   */
  prepare(): Promise<void> | undefined {
    const { pass, targets } = this.#location;
    if (pass === undefined) return undefined;
    const { method, retry } = pass.options;
    if (retry.timeout > 0) this.#since = performance.now();
    if (method !== undefined) this.method = valueOf(method, this.#turn.getFacts) || this.method;
    const found = targets?.find(this.#turn.getFacts());
    if (!(found instanceof Promise)) {
      this.target = found;
      return undefined;
    }
    this.#preparing = true;
    return found.then((target) => {
      this.#preparing = false;
      this.target = target;
    });
  }

  /** The facts that decide on a retry. @param attempts number of attempts that count, this one included */
  attempted(attempts: number): Attempted {
    const usable = this.group.upstream.peers.filter(({ options }) => !options.down).length;
    return {
      method: this.#head.method,
      requestSent: this.sent,
      bodyKept: this.repeatable,
      attempts,
      maxAttempts: Math.min(usable, this.#location.pass?.retry.tries ?? usable),
      elapsed: this.#since === 0 ? 0 : performance.now() - this.#since,
    };
  }

  /** The upstream that the request is sent to. */
  get group(): UpstreamGroup {
    const group = this.#location.group ?? this.target?.group;
    if (group === undefined) throw new TypeError('the location forwards to no upstream');
    return group;
  }

  /** The value of `$proxy_host`. */
  get host(): string | undefined {
    if (this.#location.targets !== undefined) return this.target?.host;
    const { name, tls } = this.group.upstream.options;
    return this.#location.pass?.options.host ?? tls?.host ?? name;
  }

  /** The value of `$proxy_port`. */
  get port(): string | undefined {
    if (this.#location.targets !== undefined) return this.target?.port;
    const usual = this.group.upstream.options.tls === undefined ? '80' : '443';
    return this.#location.pass?.options.port ?? usual;
  }

  /** The target for the peer. */
  get uri(): string {
    const { target } = this.#head;
    if (this.target !== undefined) return this.target.uri ?? target;
    return this.#location.options.uri === undefined ? target : this.#location.targetFor(target, normalPath(target));
  }

  /** The URL for error logs. @param name name of the peer */
  urlAt(name: string): string {
    return `${this.group.upstream.options.tls === undefined ? 'http' : 'https'}://${name}${this.uri}`;
  }

  /**
   * Logs a failed attempt.
   *
   * @param name name of the peer; that of the upstream when no peer was chosen
   * @param started a byte of the response was relayed
   * @param retry the request is retried
   */
  logFailure(error: ProxyError, name: string | undefined, started: boolean, retry: boolean): void {
    const { group } = this;
    const { pass, log } = this.#location;
    if (pass !== undefined) {
      const url = name === undefined ? undefined : this.urlAt(name);
      group.logError(failureText(error, this.#turn.getFacts(), url, started), log);
    } else {
      group.logFailure(error, name, this.#head, this.#turn.origin.clientAddress, retry, log);
    }
  }

  /** The head for the peer. */
  get headText(): string {
    const { isRepeated, chunked } = this.#head;
    const { method, uri } = this;
    const cache = this.#cache;
    // The framing of a chunked body depends on more than the head.
    if (cache === undefined || !isRepeated || chunked || this.#gone) return this.#newHeadText(method, uri);
    return cache.head(method, uri) || cache.keepHead(method, uri, this.#newHeadText(method, uri));
  }

  /** Undefined when the fields for the peer depend on more than the fields of the request. */
  get #cache(): RequestCache | undefined {
    const { memo } = this.#head;
    if (memo === undefined || !this.#location.steadyFields) return undefined;
    return RequestCache.of(memo, this.#location, this.#identityOnly);
  }

  #newHeadText(method: string, uri: string): string {
    const location = this.#location;
    const upgrade = location.fields === undefined ? upgradeLines(this.#head) : '';
    return `${method} ${uri} HTTP/${location.peerVersion}\r\n${this.#fieldLines()}${lengthFields(this.#length())}${upgrade}\r\n`;
  }

  #fieldLines(): string {
    const cache = this.#cache;
    if (cache === undefined) return this.#newFieldLines();
    return cache.fields || cache.keepFields(this.#newFieldLines());
  }

  #newFieldLines(): string {
    const { fields, peerVersion } = this.#location;
    const head = this.#head;
    if (fields !== undefined)
      return configuredFields(head, peerVersion, fields, this.#identityOnly, this.#turn.getFacts);
    return forwardedFields(head, this.#turn.origin, this.group.upstream.name, this.#identityOnly);
  }

  /** Puts the head and the part of the body that has come on the wire; `Wire.flush` sends them in one write. */
  send(link: Link): void {
    this.sent = true;
    this.#once = this.#configured && !this.#buffered && !this.ended;
    this.#chunked = this.#length() === 'chunked';
    link.wire.put(this.headText);
    if (this.#gone) return;
    if (this.#body !== '') {
      link.wire.put(this.#chunked ? `${this.#body.length.toString(16)}\r\n${this.#body}\r\n` : this.#body);
      if (this.#body.length > this.#limit) this.#drop();
    }
    if (this.ended && this.#chunked) link.wire.put('0\r\n\r\n');
  }

  #drop(): void {
    this.#kept = false;
    this.#body = '';
  }

  /** Takes bytes of the body, framing removed. @param link the connection to the peer; undefined before there is one */
  take(link: Link | undefined, buffer: ReadBuffer, start: number, end: number): void {
    if (this.#gone) return;
    const to = this.sent ? link : undefined;
    if (to === undefined || (this.#kept && this.#body.length + end - start <= this.#limit)) {
      this.#body += buffer.bytes.toString('latin1', start, end);
    } else {
      this.#drop();
    }
    if (to === undefined) {
      this.#hold();
    } else if (this.#chunked) {
      to.wire.put(`${(end - start).toString(16)}\r\n`);
      to.wire.putFrom(buffer, start, end);
      to.wire.put('\r\n');
    } else {
      to.wire.putFrom(buffer, start, end);
    }
  }

  #hold(): void {
    if (this.#body.length <= this.#limit) return;
    if (this.#limit === MEASURED) {
      throw new ProxyError('body_too_large', `more than ${MEASURED} bytes in chunks for an HTTP/1.0 peer`);
    }
    this.#turn.holdBody();
  }

  end(link: Link | undefined): void {
    this.ended = true;
    if (this.#chunked && this.sent) link?.wire.put('0\r\n\r\n');
  }
}
