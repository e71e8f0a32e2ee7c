import { engineParameter, sidOf } from '@pinwheel/protocol';
import type { RequestHead } from '../../http1/request-head.js';

/**
 * The Engine.IO parameters of a request: revisions 3 and 4 send `EIO`, `transport` and, once the session is open, `sid` in
 * the query string, on any path.
 */
export interface EngineRequest {
  readonly transport: string;
  /** Empty in the request that opens a session. */
  readonly sid: string;
}

/** Reads the Engine.IO parameters of a request target. @returns undefined when it is no Engine.IO request */
export function engineRequest(target: string): EngineRequest | undefined {
  if (engineParameter(target, 'EIO') === undefined) return undefined;
  const transport = engineParameter(target, 'transport');
  return transport === undefined ? undefined : { transport, sid: sidOf(target) };
}

/**
 * Reads the Engine.IO parameters of the requests of one connection. Most requests belong to the session of the request
 * before: then the same string objects are returned, so that later Map lookups compare by identity.
 */
export class EngineRequests {
  #last: EngineRequest | undefined = undefined;
  /** Target of the last request: a repeated head has the same string object. */
  #target = '';

  /** See `engineRequest`. @param isRepeated see `RequestHead.isRepeated` */
  read(target: string, isRepeated = false): EngineRequest | undefined {
    if (isRepeated && target === this.#target) return this.#last;
    const found = engineRequest(target);
    if (found === undefined || found.sid === '' || found.sid.length > LONGEST_SID) return found;
    const last = this.#last;
    this.#target = isRepeated ? target : '';
    if (last !== undefined && found.sid === last.sid && found.transport === last.transport) return last;
    // A slice of a request would keep the whole request in memory; the copy does not.
    const copy = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');
    this.#last = { transport: copy(found.transport), sid: copy(found.sid) };
    return this.#last;
  }
}

/** Engine.IO makes no longer ids. */
const LONGEST_SID = 128;

/** True for the polling request that opens a session; its response carries the new sid. */
export function opensPollingSession(engine: EngineRequest, head: RequestHead): boolean {
  return engine.sid === '' && engine.transport === 'polling' && head.method === 'GET';
}

/** The transport of the session that the request opens, if any. Any WebSocket upgrade without a sid counts. */
export function sessionOpened(
  engine: EngineRequest | undefined,
  head: RequestHead,
): 'polling' | 'websocket' | undefined {
  if (engine !== undefined && opensPollingSession(engine, head)) return 'polling';
  return head.asksWebSocket && (engine?.sid ?? '') === '' ? 'websocket' : undefined;
}

/** True for a WebSocket that opens a session, false when it upgrades a session that began by polling. */
export function isOwnSession({ asksWebSocket, target }: RequestHead): boolean {
  return asksWebSocket && (engineRequest(target)?.sid ?? '') === '';
}

/**
 * The sid in the Engine.IO handshake at the beginning of a polling response or of the first WebSocket frame:
 * `0{"sid":"...` in revision 4, the same after a length prefix in revision 3, with escaped quotes in JSONP.
 */
const HANDSHAKE = /0\{\\?"sid\\?":\\?"([A-Za-z0-9_.~-]{1,128})\\?"/;

/** The first characters of a response, enough to hold the handshake's sid behind any prefix. */
export const HANDSHAKE_LENGTH = 512;

/** @returns the sid of the handshake in `text`, or undefined */
export function handshakeSid(text: string): string | undefined {
  return HANDSHAKE.exec(text)?.[1];
}
