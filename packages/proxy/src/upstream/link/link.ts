import type { TcpNetConnectOpts } from 'node:net';
import { isIP } from 'node:net';
import { now } from '../../net/clock.js';
import { Deadline } from '../../net/deadline.js';
import { ProxyError } from '../../errors.js';
import type { BodyFraming, BodySink } from '../../http1/body.js';
import { BodyReader } from '../../http1/body.js';
import type { HeadLimits } from '../../http1/head.js';
import { RecentHeads } from '../../http1/recent-heads.js';
import type { ResponseHead } from '../../http1/response-head.js';
import { readResponseHead } from '../../http1/response-head.js';
import { rememberedLookup } from './lookup.js';
import type { Peer } from '../peer.js';
import type { UpstreamTls } from './tls.js';
import type { ReadBuffer, WireReader } from '../../net/wire.js';
import { newSocket } from '@pinwheel/raw-socket';
import { NO_READER, Wire } from '../../net/wire.js';

/** The request that is using a link. */
export interface LinkUser extends BodySink {
  /** Method of the request sent: the response to HEAD has no body. */
  readonly method: string;
  onConnected(): void;
  onResponseHead(head: ResponseHead, framing: BodyFraming): void;
  /** 101: the bytes that follow in the buffer are no longer HTTP. The user takes the wire by `handOver`. */
  onSwitched(head: ResponseHead, buffer: ReadBuffer, start: number, end: number): void;
  /** All bytes of one read were passed on. */
  onReadEnd(): void;
  /** The response is complete. @param reusable the connection may carry another request */
  onResponseEnd(reusable: boolean): void;
  /** The link has failed and is closed. */
  onLinkError(error: ProxyError): void;
  onLinkDrain(): void;
}

/** Settings of a connection to a peer that other connections to the same peer may not have. */
export interface Via {
  /** Connections with the same key are interchangeable. */
  readonly key: string;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  /** Name for SNI and for verification of the certificate. */
  readonly tlsName?: string | undefined;
}

/** One connection to a peer: sends one request at a time and reads its response (RFC 9112). */
export class Link implements WireReader {
  readonly peer: Peer;
  readonly wire: Wire;
  readonly openedAt = now();
  /** When the link became idle (`now()`), and for how long the peer says it will keep it open; milliseconds. */
  idleSince = 0;
  idleLimit = Number.POSITIVE_INFINITY;
  /** Requests sent. */
  requests = 0;
  connected = false;
  /** `Wire.bytesRead` at the beginning of the response's body. */
  bodyStart = 0;
  /** See `Via.key`; '' for a connection without `Via`. */
  readonly key: string;
  readonly deadline = new Deadline(() => this.#onExpired());
  readonly #limits: HeadLimits;
  #user: LinkUser | undefined;
  #onIdleEnd: ((link: Link) => void) | undefined;
  readonly #known = new RecentHeads<ResponseHead>();
  #head: ResponseHead | undefined;
  /** Head text that came in earlier reads. */
  #carry = '';
  readonly #body = new BodyReader();
  #handedOver = false;

  private constructor(peer: Peer, limits: HeadLimits, wire: Wire, key: string) {
    this.peer = peer;
    this.#limits = limits;
    this.wire = wire;
    this.key = key;
  }

  /**
   * Connects to a peer; `LinkUser.onConnected` or `onLinkError` follows.
   *
   * @param tls connects over TLS; undefined: plain TCP
   * @param via settings that this connection needs
   */
  static open(peer: Peer, limits: HeadLimits, tls?: UpstreamTls, via?: Via): Link {
    const way = wayTo(peer, via);
    const wire =
      tls === undefined
        ? new Wire((onread) => newSocket(undefined, onread).connect(way), NO_READER)
        : new Wire(tls.connect(peer, way, via?.tlsName), NO_READER);
    const link = new Link(peer, limits, wire, via?.key ?? '');
    wire.reader = link;
    peer.counts.add(wire);
    wire.socket.on(tls === undefined ? 'connect' : 'secureConnect', link.#onConnect);
    return link;
  }

  /** Takes the link for a request; `onIdleEnd` is no longer called. */
  use(user: LinkUser): void {
    this.#user = user;
    this.#onIdleEnd = undefined;
    this.requests++;
    this.#head = undefined;
    this.#carry = '';
    this.deadline.clear();
  }

  /** Leaves the link idle. @param onIdleEnd called when the link closes before its next use */
  idle(onIdleEnd: (link: Link) => void): void {
    this.#user = undefined;
    this.#onIdleEnd = onIdleEnd;
    this.idleSince = now();
    this.deadline.clear();
    this.wire.resume();
  }

  /** Gives the wire to a tunnel: the link reads nothing and calls its user no more. */
  handOver(): Wire {
    this.#handedOver = true;
    this.#user = undefined;
    this.#known.clear();
    this.deadline.close();
    return this.wire;
  }

  /** Closes the connection at once, without calling the user. */
  destroy(): void {
    this.#user = undefined;
    this.#onIdleEnd = undefined;
    this.deadline.close();
    this.wire.destroy();
  }

  onBytes(buffer: ReadBuffer, length: number): void {
    const user = this.#user;
    if (user === undefined) {
      // Bytes without a request: as they would be taken for the response to the next request, the link is closed.
      this.#endIdle();
      return;
    }
    try {
      this.#read(user, buffer, length);
    } catch (error) {
      this.#fail(asBadResponse(error));
    }
  }

  #read(user: LinkUser, buffer: ReadBuffer, length: number): void {
    let at = 0;
    while (this.#head === undefined) {
      const before = this.#carry.length;
      const known = before === 0 ? this.#known.findWhole(buffer.bytes, at, length) : undefined;
      const head = known === undefined ? this.#readHead(buffer, at, length) : known.head;
      if (head === undefined) return;
      at += head.length - before;
      this.bodyStart = this.wire.bytesRead - (length - at);
      if (head.status === 101) {
        user.onSwitched(head, buffer, at, length);
        return;
      }
      // RFC 9110 15.2: interim responses are dropped; we have sent the client its 100 ourselves.
      if (head.status >= 200) this.#beginBody(user, head);
      else if (at >= length) return;
    }
    // The user may have destroyed the link in a callback.
    if (this.#user !== user) return;
    at = this.#body.read(buffer, at, length, user);
    if (this.#user !== user) return;
    if (this.#body.done) this.#finish(user, at === length);
    else user.onReadEnd();
  }

  #readHead(buffer: ReadBuffer, at: number, end: number): ResponseHead | undefined {
    const text = this.#carry + buffer.bytes.toString('latin1', at, end);
    const head = readResponseHead(text, this.#limits, this.#known);
    this.#carry = head === undefined ? text : '';
    return head;
  }

  #beginBody(user: LinkUser, head: ResponseHead): void {
    this.#head = head;
    const framing = responseFraming(head, user.method);
    this.#body.begin(framing, head.contentLength);
    user.onResponseHead(head, framing);
  }

  #finish(user: LinkUser, clean: boolean): void {
    const head = this.#head;
    const reusable =
      clean && head !== undefined && !head.close && !this.#body.untilClose && !this.wire.socket.readableEnded;
    if (head !== undefined) this.idleLimit = head.keepAliveHint ??= keepAliveHint(head);
    user.onResponseEnd(reusable);
  }

  onEnd(): void {
    const user = this.#user;
    if (user === undefined) {
      this.#endIdle();
    } else if (this.#head !== undefined && this.#body.untilClose) {
      this.#user = undefined;
      this.#body.done = true;
      user.onResponseEnd(false);
    } else {
      this.#fail(this.#closedError(undefined));
    }
  }

  onDrain(): void {
    this.#user?.onLinkDrain();
  }

  onClose(error: NodeJS.ErrnoException | undefined): void {
    this.deadline.close();
    if (this.#handedOver) return;
    if (this.#user === undefined) this.#endIdle();
    else this.#fail(this.#closedError(error));
  }

  readonly #onConnect = (): void => {
    this.connected = true;
    this.wire.opened();
    this.peer.connected();
    this.#user?.onConnected();
  };

  #closedError(error: NodeJS.ErrnoException | undefined): ProxyError {
    if (error instanceof ProxyError) return error;
    const why = error?.code ?? error?.message ?? 'closed by the peer';
    if (!this.connected) return new ProxyError('connect_failed', why, error);
    if (this.#head !== undefined) return new ProxyError('upstream_truncated', why, error);
    return new ProxyError('upstream_closed', why, error);
  }

  #onExpired(): void {
    if (!this.connected) this.#fail(new ProxyError('connect_timeout'));
    else this.#fail(new ProxyError(this.wire.pending > 0 ? 'upstream_stalled' : 'upstream_timeout'));
  }

  #fail(error: ProxyError): void {
    const user = this.#user;
    this.destroy();
    if (error.code === 'connect_failed' || error.code === 'connect_timeout') this.peer.connectFailed();
    user?.onLinkError(error);
  }

  #endIdle(): void {
    const onIdleEnd = this.#onIdleEnd;
    this.destroy();
    onIdleEnd?.(this);
  }
}

/** Connect options by peer, for connections without a local address or port of their own. */
const ways = new WeakMap<Peer, TcpNetConnectOpts>();

function wayTo(peer: Peer, via: Via | undefined): TcpNetConnectOpts {
  const { localAddress, localPort } = via ?? {};
  if (localAddress !== undefined || localPort !== undefined) return newWay(peer, localAddress, localPort);
  let way = ways.get(peer);
  if (way === undefined) {
    way = newWay(peer);
    ways.set(peer, way);
  }
  return way;
}

function newWay(peer: Peer, localAddress?: string, localPort?: number): TcpNetConnectOpts {
  const { host, port } = peer.options;
  const named = peer.socketPath === undefined && isIP(host) === 0;
  return {
    host,
    port,
    noDelay: true,
    allowHalfOpen: true,
    autoSelectFamily: named,
    ...(named && { lookup: rememberedLookup }),
    ...(localAddress !== undefined && { localAddress }),
    ...(localPort !== undefined && { localPort }),
    ...(peer.socketPath !== undefined && { path: peer.socketPath }),
  };
}

/** RFC 9112 6.3. */
function responseFraming(head: ResponseHead, method: string): BodyFraming {
  if (method === 'HEAD' || head.status === 204 || head.status === 304) return 'none';
  if (head.chunked) return 'chunked';
  if (head.contentLength >= 0) return 'length';
  return 'until_close';
}

/** Milliseconds for which the peer keeps an idle connection (`Keep-Alive: timeout=5`), less a second for latency. */
function keepAliveHint(head: ResponseHead): number {
  const value = head.get('keep-alive');
  if (value === undefined) return Number.POSITIVE_INFINITY;
  const seconds = /(?:^|[\s,;])timeout\s*=\s*"?(\d{1,9})/i.exec(value)?.[1];
  return seconds === undefined ? Number.POSITIVE_INFINITY : Math.max(0, Number(seconds) * 1_000 - 1_000);
}

function asBadResponse(error: unknown): ProxyError {
  if (!(error instanceof ProxyError)) throw error;
  return error.source === 'upstream' ? error : new ProxyError('bad_response', error.message, error);
}
