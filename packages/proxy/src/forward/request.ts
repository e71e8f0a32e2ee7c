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

/** Bytes kept of a body that is passed on as it comes; one still waiting for its peer is read no further. */
const STREAMED = 65_536;
/** Bytes of a body that is read before a peer is chosen; a longer one is passed on as it comes. */
const BUFFERED = 1_048_576;
/** Bytes of a chunked body for an HTTP/1.0 peer, which has to be told the length. */
const MEASURED = 67_108_864;

/** What of the client's request is sent to peers, perhaps more than once: above all its body, as far as it has come. */
export class OutgoingRequest {
  /** The head is on the wire of the attempt that is under way. */
  sent = false;
  /** The whole body has come. */
  ended: boolean;
  /** The client's, or the one that the configuration has peers asked with. */
  method: string;
  /** Where the location's `proxy_pass` has variables: what they gave. */
  target: PassTarget | undefined;
  readonly #turn: Turn;
  readonly #head: RequestHead;
  readonly #location: Location;
  readonly #identityOnly: boolean;
  /** The whole body is awaited, up to `#limit`, before a peer is chosen. */
  readonly #buffered: boolean;
  /** A configuration says how bodies are treated: one that is there is sent with its length. */
  readonly #configured: boolean;
  /** To be passed on as it comes; but what came with the head may be all of it. */
  #reading: boolean;
  /** Its target is being looked up. */
  #preparing = false;
  /** When it began; 0 where that does not matter. */
  #since = 0;
  /** Passed on as it comes because a configuration says so: then nginx repeats nothing that was sent. */
  #once = false;
  readonly #limit: number;
  /** The body that came so far; empty once it is over `#limit` and sent. */
  #body = '';
  #kept = true;
  /** Announced as chunked in the attempt that is under way. */
  #chunked = false;
  /** There is no body to send: an earlier location has used it up. */
  #gone = false;

  /**
   * @param identityOnly the answer has to be read here, so that it may not be compressed
   * @param before what an earlier location sent of the same request
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

  /** What came in one read has been taken. @returns whether that is what a peer was not chosen for */
  settle(): boolean {
    if (this.#preparing) return false;
    const waited = this.#reading;
    this.#reading = false;
    return waited;
  }

  /** It can be sent once more. */
  get repeatable(): boolean {
    return this.#kept && !(this.#once && this.sent);
  }

  /** The body, where all of it is in memory and nginx would not have it in a file (nginx: `$request_body`). */
  get shownBody(): string | undefined {
    const { keptBody, bufferRequest } = this.#location.pass?.options ?? {};
    const isWhole = this.ended && this.#kept && !this.#gone && this.#body !== '';
    // nginx makes the buffer a quarter longer where that is all it takes.
    const isLong = keptBody !== undefined && bufferRequest === true && this.#body.length > keptBody * 1.25;
    return isWhole && !isLong ? this.#body : undefined;
  }

  /** Its body was passed on as it came, and cannot be sent once more. */
  get spent(): boolean {
    return this.#once && this.sent;
  }

  /** How the next attempt announces the body. */
  #length(): BodyLength {
    const { chunked, contentLength } = this.#head;
    if (this.#gone) return 'none';
    if (!chunked) return contentLength < 0 ? 'none' : contentLength;
    return this.#configured && this.ended && this.#kept ? this.#body.length : 'chunked';
  }

  /**
   * Works out what depends on the request.
   *
   * @returns a promise where a name has to be looked up
   * @throws ProxyError for a URL that leads nowhere; the promise may reject with one
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

  /** What is known when an attempt has come to nothing. @param attempts that count, this one included */
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

  /** Whose peers it is sent to. */
  get group(): UpstreamGroup {
    const group = this.#location.group ?? this.target?.group;
    if (group === undefined) throw new TypeError('a location that forwards nothing');
    return group;
  }

  /** nginx: `$proxy_host`. */
  get host(): string | undefined {
    if (this.#location.targets !== undefined) return this.target?.host;
    const { name, tls } = this.group.upstream.options;
    return this.#location.pass?.options.host ?? tls?.host ?? name;
  }

  /** nginx: `$proxy_port`. */
  get port(): string | undefined {
    if (this.#location.targets !== undefined) return this.target?.port;
    const usual = this.group.upstream.options.tls === undefined ? '80' : '443';
    return this.#location.pass?.options.port ?? usual;
  }

  /** What the peer is asked for. */
  get uri(): string {
    const { target } = this.#head;
    if (this.target !== undefined) return this.target.uri ?? target;
    return this.#location.options.uri === undefined ? target : this.#location.targetFor(target, normalPath(target));
  }

  /** As error logs tell it. @param name of the peer */
  urlAt(name: string): string {
    return `${this.group.upstream.options.tls === undefined ? 'http' : 'https'}://${name}${this.uri}`;
  }

  /**
   * Tells the log of a failed attempt.
   *
   * @param name of the peer; of the upstream where it has none
   * @param started a byte of the answer was passed to the client
   * @param retry another peer is tried
   */
  tell(error: ProxyError, name: string | undefined, started: boolean, retry: boolean): void {
    const { group } = this;
    const { pass, log } = this.#location;
    if (pass !== undefined) {
      const url = name === undefined ? undefined : this.urlAt(name);
      group.tell(failureText(error, this.#turn.getFacts(), url, started), log);
    } else {
      group.tellFailure(error, name, this.#head, this.#turn.origin.clientAddress, retry, log);
    }
  }

  /** The head for the peer. */
  get headText(): string {
    const { isAgain, chunked } = this.#head;
    const { method, uri } = this;
    const cache = this.#cache;
    // How a chunked body is announced depends on more than the head.
    if (cache === undefined || !isAgain || chunked || this.#gone) return this.#newHeadText(method, uri);
    return cache.head(method, uri) || cache.keepHead(method, uri, this.#newHeadText(method, uri));
  }

  /** Undefined where the fields for the peer depend on more than the fields of the request. */
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

  /** Puts the head and the body so far on the wire, which `Wire.flush` sends in one write. */
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

  /** Bytes of the body, framing removed. @param link the one that the request goes over, once there is one */
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
