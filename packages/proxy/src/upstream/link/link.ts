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
import type { Via } from './via.js';
import type { Peer } from '../peer.js';
import type { UpstreamTls } from './tls.js';
import type { ReadBuffer, WireReader } from '../../net/wire.js';
import { newSocket } from '@pinwheel/raw-socket';
import { Wire } from '../../net/wire.js';

/** The request that is using a link. */
export interface LinkUser extends BodySink {
  /** Method of the request sent: the answer to HEAD has no body. */
  readonly method: string;
  onConnected(): void;
  onResponseHead(head: ResponseHead, framing: BodyFraming): void;
  /** 101: what follows in the buffer is no longer HTTP. The link is the user's to tunnel. */
  onSwitched(head: ResponseHead, buffer: ReadBuffer, start: number, end: number): void;
  /** All that came in one read was handed on. */
  onReadEnd(): void;
  /** The whole response has come. `reusable`: the connection may carry another request. */
  onResponseEnd(reusable: boolean): void;
  /** The link has failed and is closed. */
  onLinkError(error: ProxyError): void;
  onLinkDrain(): void;
}

/** One connection to a peer: sends one request at a time and reads its response (RFC 9112). */
export class Link implements WireReader {
  readonly peer: Peer;
  readonly wire: Wire;
  readonly openedAt = now();
  /** When it became idle, and how long the peer said it will keep it so; milliseconds. */
  idleSince = 0;
  idleLimit = Number.POSITIVE_INFINITY;
  /** Requests sent. */
  requests = 0;
  connected = false;
  /** `Wire.bytesRead` where the body of the answer begins. */
  bodyStart = 0;
  /** See `Via.key`; '' for a connection made in the usual way. */
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

  /**
   * @param tls over TLS; plain when absent
   * @param via what it has to be made with
   */
  constructor(peer: Peer, limits: HeadLimits, tls?: UpstreamTls, via?: Via) {
    this.key = via?.key ?? '';
    this.peer = peer;
    this.#limits = limits;
    this.wire = new Wire(
      tls === undefined
        ? (onread) => newSocket(undefined, onread).connect(wayTo(peer, via))
        : tls.connect(peer, wayTo(peer, via), via?.tlsName),
      this,
    );
    peer.counts.add(this.wire);
    this.wire.socket.on(tls === undefined ? 'connect' : 'secureConnect', this.#onConnect);
  }

  /** Takes the link for a request. `onIdleEnd` of the pool is let go. */
  use(user: LinkUser): void {
    this.#user = user;
    this.#onIdleEnd = undefined;
    this.requests++;
    this.#head = undefined;
    this.#carry = '';
    this.deadline.clear();
  }

  /** Leaves the link idle; `onIdleEnd` is told when the peer closes it. */
  idle(onIdleEnd: (link: Link) => void): void {
    this.#user = undefined;
    this.#onIdleEnd = onIdleEnd;
    this.idleSince = now();
    this.deadline.clear();
    this.wire.resume();
  }

  /** Gives the wire to a tunnel: nothing is read or told here any more. */
  handOver(): Wire {
    this.#handedOver = true;
    this.#user = undefined;
    this.#known.clear();
    this.deadline.close();
    return this.wire;
  }

  /** Closes at once; the user is not told. */
  destroy(): void {
    this.#user = undefined;
    this.#onIdleEnd = undefined;
    this.deadline.close();
    this.wire.destroy();
  }

  onBytes(buffer: ReadBuffer, length: number): void {
    const user = this.#user;
    if (user === undefined) {
      // A peer has nothing to say unasked: the next answer would be taken for that of another request.
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
      const again = before === 0 ? this.#known.findWhole(buffer.bytes, at, length) : undefined;
      const head = again === undefined ? this.#readHead(buffer, at, length) : again.head;
      if (head === undefined) return;
      at += head.length - before;
      this.bodyStart = this.wire.bytesRead - (length - at);
      if (head.status === 101) {
        user.onSwitched(head, buffer, at, length);
        return;
      }
      // RFC 9110 15.2: interim responses are no answer; the client was told to continue by us.
      if (head.status >= 200) this.#beginBody(user, head);
      else if (at >= length) return;
    }
    // The user may have had enough of the answer.
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
    const tell = this.#onIdleEnd;
    this.destroy();
    tell?.(this);
  }
}

/** By peer, for connections made in the usual way. */
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

/** `Keep-Alive: timeout=5`: milliseconds the peer keeps an idle connection, less a second for the way. */
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
