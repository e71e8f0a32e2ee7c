import { engineParameter, sidOf } from '@pinwheel/protocol';
import type { RequestHead } from '../../http1/request-head.js';

/**
 * What the Engine.IO protocol says in a request: revisions 3 and 4 carry `EIO`, `transport` and, once the session is
 * open, `sid` in the query string, on whatever path the server chose.
 */
export interface EngineRequest {
  readonly transport: string;
  /** Empty in the request that opens a session. */
  readonly sid: string;
}

/** Reads the Engine.IO parameters of a request target, or undefined when it is no Engine.IO request. */
export function engineRequest(target: string): EngineRequest | undefined {
  if (engineParameter(target, 'EIO') === undefined) return undefined;
  const transport = engineParameter(target, 'transport');
  return transport === undefined ? undefined : { transport, sid: sidOf(target) };
}

/**
 * Reads the Engine.IO parameters of requests that come on one connection. Most are of the session of the one before: then
 * they are the very same text, which tables find without reading all of it.
 */
export class EngineRequests {
  #last: EngineRequest | undefined = undefined;
  /** Of a request of the session: a head that comes again has the very same text. */
  #target = '';

  /** See `engineRequest`. @param again the target may be that of a request before */
  read(target: string, again = false): EngineRequest | undefined {
    if (again && target === this.#target) return this.#last;
    const found = engineRequest(target);
    if (found === undefined || found.sid === '' || found.sid.length > LONGEST_SID) return found;
    const last = this.#last;
    this.#target = again ? target : '';
    if (last !== undefined && found.sid === last.sid && found.transport === last.transport) return last;
    // A text cut out of a request would keep all of that in memory.
    const copy = (text: string): string => Buffer.from(text, 'latin1').toString('latin1');
    this.#last = { transport: copy(found.transport), sid: copy(found.sid) };
    return this.#last;
  }
}

/** A longer id is none that Engine.IO makes. */
const LONGEST_SID = 128;

/** True for the polling request that opens a session: its response names the new sid. */
export function opensPollingSession(engine: EngineRequest, head: RequestHead): boolean {
  return engine.sid === '' && engine.transport === 'polling' && head.method === 'GET';
}

/** The kind of session that the request opens, if any. Every WebSocket upgrade without a sid is taken for one. */
export function sessionOpened(
  engine: EngineRequest | undefined,
  head: RequestHead,
): 'polling' | 'websocket' | undefined {
  if (engine !== undefined && opensPollingSession(engine, head)) return 'polling';
  return head.asksWebSocket && (engine?.sid ?? '') === '' ? 'websocket' : undefined;
}

/** True for a WebSocket that is a session of its own, rather than the upgrade of one that began by polling. */
export function isOwnSession({ asksWebSocket, target }: RequestHead): boolean {
  return asksWebSocket && (engineRequest(target)?.sid ?? '') === '';
}

/**
 * The sid in an Engine.IO handshake as it stands at the beginning of a polling response body or of the first WebSocket
 * frame: `0{"sid":"...` in revision 4, the same behind a length prefix in revision 3, with the quotes escaped in JSONP.
 */
const HANDSHAKE = /0\{\\?"sid\\?":\\?"([A-Za-z0-9_.~-]{1,128})\\?"/;

/** So many first characters hold the handshake's sid, whatever prefix stands before it. */
export const HANDSHAKE_LENGTH = 512;

/** @returns the sid of the handshake in `text`, or undefined */
export function handshakeSid(text: string): string | undefined {
  return HANDSHAKE.exec(text)?.[1];
}
