import type { ProxyError } from '../errors.js';
import type { Facts, UpstreamAttempt } from '../facts.js';
import type { RequestHead } from '../http1/request-head.js';
import type { ResponseHead } from '../http1/response-head.js';
import type { ReadBuffer } from '../net/wire.js';
import type { HandOffTarget } from '../options/hand-off-target.js';
import type { LogLevel, ReplyOptions } from '../options/proxy.js';
import type { Origin } from '../origin/origin.js';
import type { Location } from '../route/location.js';
import type { HandOffUser } from '../tunnel/hand-off.js';
import type { FarEnd } from '../tunnel/tunnel.js';
import type { EngineRequest } from '../upstream/affinity/engine-io.js';
import type { Peer } from '../upstream/peer.js';

/**
 * One request, as its responder sees it. An answer is `begin`, any number of `write` and `flush`, then `end`. Every
 * request ends exactly once: by `end`, by `fail`, `drop`, or by `upgrade` and `giveAway`, which take its connection. `reply`,
 * `answerError` and `redirect` pass the request on to the next responder; the caller must not use the turn afterwards.
 */
export interface Turn {
  /** An internal redirect changes the target, and may change the method. */
  readonly head: RequestHead;
  readonly origin: Origin;
  /** The present location of the request. A responder keeps a copy, because a later redirect changes this property. */
  readonly location: Location;
  /** The Engine.IO parameters of the target; undefined when it is not an Engine.IO request. */
  readonly engine: EngineRequest | undefined;
  readonly getFacts: () => Facts;
  /** The status that replaces that of the answer (nginx: `error_page CODE =ANSWER`); 0 for none. */
  readonly statusOverride: number;
  /** The last attempt to forward the request; it outlives its responder, for variables and logs. */
  forwarded: Forwarded | undefined;

  /** Sends `100 Continue`, once, to a client that waits for it (RFC 9110 10.1.1). */
  continueBody(): void;
  /** Stops reading the body until `takeBody`, because the peer does not keep up. */
  holdBody(): void;
  takeBody(): void;

  /** True when another request may follow on the connection. */
  readonly mayKeepAlive: boolean;
  /** `begin` was called: the client may have a part of the answer. */
  readonly started: boolean;
  /** Status of the answer; set before the head is composed, whose fields may show it. */
  status: number;
  /** The head of the answer, ended by an empty line. The caller has worked out its framing. */
  begin(head: string): void;
  /** A piece of the answer's body, a byte string in the framing that the head states. */
  write(text: string): void;
  /** Like `write`, from a read buffer that may be overwritten as soon as this returns. */
  writeFrom(buffer: ReadBuffer, start: number, end: number): void;
  /** Sends what was written. @returns false when the client takes no more for now; `Responder.onClientDrain` follows */
  flush(): boolean;
  /** Bytes that the client has not taken yet. */
  readonly pending: number;
  /** The answer is complete. @param keepAlive another request may follow */
  end(keepAlive: boolean): void;

  /** Answers with the page of the error, or truncates an answer that has begun. */
  fail(error: ProxyError): void;
  /** Closes the connection without a further byte. @param status for the log, if none was sent */
  drop(status: number): void;
  /** Answers with a text, a page or a redirection of our own (nginx: `return`). */
  reply(reply: ReplyOptions): void;
  /**
   * Answers with the default page of a status, or with the configured one (nginx: `error_page`).
   *
   * @param reason a line below the heading
   * @param last a field line after all others, ended by CRLF
   */
  answerError(status: number, reason?: string, last?: string): void;
  /** Continues as a request for another path of the same server (nginx: an internal redirect). @param path decoded */
  redirect(path: string, args: string | undefined): void;

  /** The peer has switched protocols: the connection becomes a tunnel. @param head of the 101, then the peer's first bytes */
  upgrade(far: FarEnd, head: string, buffer: ReadBuffer, start: number, end: number): void;
  /** True when the connection may be handed off: a WebSocket over plain TCP with nothing left to send, that does not read ahead. */
  readonly mayGiveAway: boolean;
  /**
   * Gives the connection to the process of a peer; `user` is notified when the process does not take it, perhaps before this
   * returns.
   *
   * @param peer acquired
   * @param text the request head for the peer
   */
  giveAway(peer: Peer, target: HandOffTarget, text: string, user: HandOffUser): void;

  /** Logs a message with the connection's number and the request. */
  log(level: LogLevel, message: string): void;
}

/** Answers a request: it works until it ends the turn, passes it on, or is aborted. */
export interface Responder {
  start(): void;
  /** Bytes of the request's body, framing removed. */
  requestBody(buffer: ReadBuffer, start: number, end: number): void;
  requestBodyEnd(): void;
  /** One read of the client has been parsed: sends what was composed from it. */
  flush(): void;
  /** The client has taken what was written to it. */
  onClientDrain(): void;
  /** The client has left, or the request failed: the responder must not use the turn any more. */
  abort(): void;
}

/** The facts of a request that was forwarded, for variables and logs. They outlive the responder. */
export interface Forwarded {
  readonly allAttempts: readonly UpstreamAttempt[];
  /** The head of the peer's response. */
  readonly response: ResponseHead | undefined;
  /** The request as it is sent to peers. */
  readonly request: {
    /** The body, if it is kept (nginx: `$request_body`). */
    readonly shownBody: string | undefined;
    /** nginx: `$proxy_host`, `$proxy_port`. */
    readonly host: string | undefined;
    readonly port: string | undefined;
    /** The body was streamed and cannot be sent again. */
    readonly bodySpent: boolean;
  };
  /** The peer's process has the connection, or has closed it. */
  onHandedOff(status: number): void;
  onHandOffEnded(): void;
}

/** Makes the responder for a request that has reached its location; undefined when the request is answered already. */
export type Respond = (turn: Turn, location: Location) => Responder | undefined;
