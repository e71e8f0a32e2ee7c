import { ProxyError } from './errors.js';
import type { Exchange } from './exchange.js';
import { Attempts } from './attempts.js';
import type { Facts } from './facts.js';
import { configuredHeadText, requestHeadText, responseHeadText, switchedHeadText } from './forwarded-head.js';
import type { BodyFraming } from './http1/body.js';
import type { RequestHead } from './http1/request-head.js';
import type { ResponseHead } from './http1/response-head.js';
import type { Link, LinkUser } from './link.js';
import type { Location } from './location.js';
import { normalPath } from './normal-path.js';
import type { Peer } from './peer.js';
import { Tried } from './policy/policy.js';
import { mayRetry } from './retry.js';
import type { EngineRequest } from './session.js';
import { HANDSHAKE_LENGTH, engineRequest, handshakeSid, opensPollingSession } from './session.js';
import type { UpstreamGroup } from './upstream-group.js';
import type { ReadBuffer } from './wire.js';

/** Bytes of a request body kept so that the request can be sent again; a body still waiting for its peer is read no further. */
const BODY_KEPT = 65_536;

/**
 * One request on its way: chooses the peer, sends the request, passes the response on, and tries the next peer where
 * that is safe. Ends in `Client.onExchangeEnd`, in a tunnel, or in `abort`.
 */
export class Forward implements LinkUser {
  readonly #client: Exchange;
  readonly #head: RequestHead;
  readonly #location: Location;
  readonly #group: UpstreamGroup;
  readonly #facts: () => Facts;
  readonly attempts: Attempts;
  /** The peer's answer. */
  response: ResponseHead | undefined;
  readonly #engine: EngineRequest | undefined;
  /** The response names a new sid: it is read for it. */
  readonly #opensSession: boolean;
  readonly #tried = new Tried();
  #attempts = 0;
  #peer: Peer | undefined;
  #link: Link | undefined;
  /** The link carried another request before. */
  #reused = false;
  #requestSent = false;
  #askedForTags = false;
  /** Why the attempt before failed: that is the answer when no peer is left to try. */
  #lastError: ProxyError | undefined;
  /** The body that came so far; empty once it is over `BODY_KEPT` and sent. */
  #body = '';
  #bodyKept = true;
  #bodyEnded: boolean;
  #outFraming: BodyFraming = 'none';
  /** A byte of the response was passed to the client. */
  responseStarted = false;
  #keepAlive = false;
  /** Beginning of a handshake response, while its sid has not been found. */
  #handshake = '';
  #learning = false;
  #ended = false;

  /** @param location one that has a group */
  constructor(client: Exchange, head: RequestHead, location: Location, facts: () => Facts) {
    this.#client = client;
    this.#head = head;
    this.#location = location;
    this.#facts = facts;
    if (location.group === undefined) throw new TypeError('a location with a reply forwards nothing');
    this.#group = location.group;
    this.attempts = new Attempts(location.onEnd !== undefined);
    this.#engine = engineRequest(head.target);
    this.#opensSession = this.#engine !== undefined && opensPollingSession(this.#engine, head);
    this.#bodyEnded = !head.chunked && head.contentLength <= 0;
  }

  get upstreamName(): string {
    const { name, tls } = this.#group.upstream.options;
    return tls?.host ?? name;
  }

  get defaultPort(): string {
    return this.#group.upstream.options.tls === undefined ? '80' : '443';
  }

  get method(): string {
    return this.#head.method;
  }

  /** Chooses a peer and sends it the request: at once over an idle connection, else as soon as one is made. */
  start(): void {
    const { upstream } = this.#group;
    const sid = this.#engine?.sid ?? '';
    if (sid !== '' && upstream.options.stickySid) {
      const pinned = upstream.pinnedPeer(sid);
      if (pinned !== undefined && !this.#tried.has(pinned)) {
        this.#attempt(pinned, false);
        return;
      }
      if (!this.#askedForTags && this.#group.mayFindOut(sid)) {
        this.#askedForTags = true;
        this.#group.findOut(sid).then(this.#onTagsKnown, this.#onTagsKnown);
        return;
      }
    }
    const peer = upstream.pick({
      clientAddress: this.#client.origin.clientAddress,
      opens: this.#opens(sid),
      tried: this.#tried,
      facts: this.#facts,
    });
    if (peer === undefined)
      this.#fail(this.#lastError ?? new ProxyError('no_live_upstream', `upstream "${upstream.name}"`));
    else this.#attempt(peer, false);
  }

  #opens(sid: string): 'polling' | 'websocket' | undefined {
    if (this.#opensSession) return 'polling';
    return this.#head.asksWebSocket && sid === '' ? 'websocket' : undefined;
  }

  readonly #onTagsKnown = (): void => {
    if (this.#ended) return;
    this.start();
    this.flush();
  };

  #attempt(peer: Peer, freshOnly: boolean): void {
    this.#attempts++;
    this.#tried.add(peer);
    this.#peer = peer;
    this.#requestSent = false;
    this.attempts.begin(peer);
    peer.acquire();
    const idle = freshOnly ? undefined : this.#group.pool.take(peer);
    const link = idle ?? this.#group.pool.open(peer);
    this.#reused = idle !== undefined;
    this.#link = link;
    link.use(this);
    if (idle !== undefined) {
      this.#send(link);
      // Its body may have been held back for want of a peer.
      if (this.#client.wire.paused) this.#client.takeBody();
    } else {
      link.deadline.set(this.#location.timeouts.connect);
    }
  }

  onConnected(): void {
    const link = this.#link;
    if (link === undefined) return;
    this.#send(link);
    link.wire.flush();
    this.#watch(link);
    if (link.wire.congested) this.#client.holdBody();
    else this.#client.takeBody();
  }

  /** Puts the head and the body so far on the wire; `flush` sends them in one write. */
  #send(link: Link): void {
    this.#requestSent = true;
    const head = this.#head;
    link.wire.put(this.#headText());
    if (this.#body !== '') {
      link.wire.put(head.chunked ? `${this.#body.length.toString(16)}\r\n${this.#body}\r\n` : this.#body);
      if (this.#body.length > BODY_KEPT) this.#dropBody();
    }
    if (this.#bodyEnded && head.chunked) link.wire.put('0\r\n\r\n');
    this.attempts.onSent();
  }

  #headText(): string {
    const { fields } = this.#location;
    if (fields === undefined) {
      return requestHeadText(this.#head, this.#client.origin, this.#group.upstream.name, this.#opensSession);
    }
    const { target } = this.#head;
    const own =
      this.#location.options.uri === undefined ? target : this.#location.targetFor(target, normalPath(target));
    return configuredHeadText(this.#head, own, fields, this.#facts, this.#opensSession);
  }

  #dropBody(): void {
    this.#bodyKept = false;
    this.#body = '';
  }

  /** Bytes of the request's body, framing removed. */
  requestBody(buffer: ReadBuffer, start: number, end: number): void {
    const link = this.#link;
    const sent = link !== undefined && this.#requestSent;
    if (!sent || (this.#bodyKept && this.#body.length + end - start <= BODY_KEPT)) {
      this.#body += buffer.bytes.toString('latin1', start, end);
    } else {
      this.#dropBody();
    }
    if (!sent) {
      if (this.#body.length > BODY_KEPT) this.#client.holdBody();
      return;
    }
    if (this.#head.chunked) {
      link.wire.put(`${(end - start).toString(16)}\r\n`);
      link.wire.putFrom(buffer, start, end);
      link.wire.put('\r\n');
    } else {
      link.wire.putFrom(buffer, start, end);
    }
  }

  requestBodyEnd(): void {
    this.#bodyEnded = true;
    if (this.#head.chunked && this.#requestSent) this.#link?.wire.put('0\r\n\r\n');
  }

  /** Sends what `start` and `requestBody` put. */
  flush(): void {
    const link = this.#link;
    if (link === undefined || !this.#requestSent) return;
    link.wire.flush();
    if (link.wire.congested) this.#client.holdBody();
    this.#watch(link);
  }

  /** Sets the peer's timeout for what it owes now: taking our bytes, or answering. */
  #watch(link: Link): void {
    const { timeouts } = this.#location;
    // It is the client that holds up the response.
    if (link.wire.paused) return;
    if (link.wire.pending > 0) link.deadline.set(timeouts.upstreamSend);
    else if (this.#bodyEnded) link.deadline.set(timeouts.read);
    else link.deadline.clear();
  }

  onLinkDrain(): void {
    const link = this.#link;
    if (link === undefined) return;
    this.#watch(link);
    this.#client.takeBody();
  }

  onResponseHead(head: ResponseHead, framing: BodyFraming): void {
    this.responseStarted = true;
    this.response = head;
    this.attempts.onHead(head.status);
    this.#learning = this.#opensSession && head.status === 200;
    const modern = this.#head.minor === 1;
    // A body without known end is chunked for a client that can read that, else it ends with the connection.
    if (framing === 'until_close' || framing === 'chunked') this.#outFraming = modern ? 'chunked' : 'until_close';
    else this.#outFraming = framing;
    this.#keepAlive = this.#client.mayKeepAlive(this.#head) && this.#outFraming !== 'until_close' && this.#bodyEnded;
    const stated =
      framing === 'none' && head.chunked && modern && this.method === 'HEAD' ? 'chunked' : this.#outFraming;
    this.#client.status = head.status;
    const added = this.#location.addedTo(head.status, this.#facts);
    const text = responseHeadText(head, stated, this.#keepAlive, added);
    this.#client.sentHead = text;
    this.#client.wire.put(text);
  }

  bodyBytes(buffer: ReadBuffer, start: number, end: number): void {
    if (this.#learning) this.#learn(buffer, start, end);
    const wire = this.#client.wire;
    if (this.#outFraming === 'chunked') {
      wire.put(`${(end - start).toString(16)}\r\n`);
      wire.putFrom(buffer, start, end);
      wire.put('\r\n');
    } else {
      wire.putFrom(buffer, start, end);
    }
  }

  #learn(buffer: ReadBuffer, start: number, end: number): void {
    this.#handshake += buffer.bytes.toString('latin1', start, Math.min(end, start + HANDSHAKE_LENGTH));
    const sid = handshakeSid(this.#handshake);
    if (sid !== undefined && this.#peer !== undefined) this.#group.upstream.affinity.learn(sid, this.#peer);
    this.#learning = sid === undefined && this.#handshake.length < HANDSHAKE_LENGTH;
  }

  onReadEnd(): void {
    const link = this.#link;
    if (link === undefined) return;
    this.#client.wire.flush();
    if (this.#client.wire.congested) {
      link.wire.pause();
      link.deadline.clear();
      this.#client.deadline.set(this.#client.sendTimeout);
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
    if (this.#outFraming === 'chunked') this.#client.wire.put('0\r\n\r\n');
    this.#client.wire.flush();
    this.#link = undefined;
    this.#release(true);
    if (link !== undefined) {
      if (reusable && this.#bodyEnded) this.#group.pool.give(link);
      else link.destroy();
    }
    this.#end();
    this.#client.onExchangeEnd(this.#keepAlive);
  }

  onSwitched(head: ResponseHead, buffer: ReadBuffer, start: number, end: number): void {
    const link = this.#link;
    const peer = this.#peer;
    if (link === undefined || peer === undefined) return;
    this.response = head;
    this.attempts.onHead(head.status);
    if (!this.#head.asksWebSocket || !this.#bodyEnded) {
      link.destroy();
      this.onLinkError(new ProxyError('unexpected_upgrade'));
      return;
    }
    // The peer stays acquired: the tunnel releases it, perhaps in hours, but it has answered well now.
    peer.succeeded();
    this.#link = undefined;
    this.#peer = undefined;
    this.#end();
    const opensSession = this.#engine !== undefined && this.#engine.sid === '';
    this.#client.onSwitched(
      { peer, link, group: this.#group, timeouts: this.#location.timeouts, opensSession },
      switchedHeadText(head, this.#location.addedTo(head.status, this.#facts)),
      buffer,
      start,
      end,
    );
  }

  onLinkError(error: ProxyError): void {
    const peer = this.#peer;
    // An idle connection that the peer closed while we used it says nothing of the peer's health.
    const stale = this.#reused && error.code === 'upstream_closed';
    this.#link = undefined;
    this.#release(stale);
    const { upstream } = this.#group;
    const retry = mayRetry({
      code: error.code,
      method: this.method,
      requestSent: this.#requestSent,
      bodyKept: this.#bodyKept,
      responseStarted: this.responseStarted,
      attempts: this.#attempts,
      maxAttempts: upstream.peers.length + 1,
    });
    this.attempts.onFailed(error.status);
    this.#group.tellFailure(error, peer, this.#head, this.#client.origin.clientAddress, retry, this.#location.log);
    if (!retry || peer === undefined) {
      this.#fail(error);
    } else if (stale) {
      this.#attempt(peer, true);
    } else {
      this.#lastError = error;
      this.start();
      this.flush();
    }
  }

  /** The client is gone, or took nothing for too long: the request ends here and now. */
  abort(): void {
    if (this.#ended) return;
    this.#end();
    this.#link?.destroy();
    this.#link = undefined;
    this.#release(true);
  }

  #fail(error: ProxyError): void {
    this.#end();
    this.#client.onForwardFailed(error);
  }

  #release(ok: boolean): void {
    this.attempts.onEnd();
    this.#peer?.release(ok);
    this.#peer = undefined;
  }

  #end(): void {
    this.#ended = true;
  }
}
