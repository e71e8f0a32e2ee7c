import { performance } from 'node:perf_hooks';
import type { Session, Sessions } from './sessions.js';

/** Long-lived connections of a server that are no Socket.IO sessions, for a drain to close with them. */
export interface OtherConnections {
  /** How many are open. */
  readonly size: number;
  /** One function for each open one that asks it to close. */
  closers(): Iterable<() => void>;
}

export interface DrainReport {
  /** Sessions and other connections that were open when the drain began. */
  readonly open: number;
  /** Those that were still open when its time was over, and were cut. */
  readonly cut: number;
  /** Milliseconds that it took. */
  readonly took: number;
}

/** Milliseconds between two closings when there are few sessions. */
const SPACING_MS = 10;
/** Milliseconds between two rounds. */
const TICK_MS = 10;
/** The share of the time over which the closings are spread; the rest is for clients that are slow to go. */
const SPREAD = 0.7;

/**
 * Closes every session, polling ones first, evenly over `timeoutMs` (sooner when there are few), so that their clients
 * come back elsewhere one after another. Resolves when all are gone or the time is over.
 *
 * @param sessions undefined for a server that never had an engine
 */
export async function drainSessions(
  sessions: Sessions | undefined,
  others: OtherConnections | undefined,
  timeoutMs: number,
): Promise<DrainReport> {
  const began = performance.now();
  const queue = closers(sessions, others);
  const open = queue.length;
  const left = (): number => (sessions?.size ?? 0) + (others?.size ?? 0);
  const spacing = Math.min(SPACING_MS, (timeoutMs * SPREAD) / Math.max(1, open));

  let next = 0;
  await new Promise<void>((resolve) => {
    function round(): void {
      const elapsed = performance.now() - began;
      const due = elapsed >= timeoutMs ? open : Math.min(open, Math.floor(elapsed / spacing) + 1);
      for (; next < due; next += 1) queue[next]?.();
      if (elapsed < timeoutMs && left() > 0) return;
      clearInterval(timer);
      resolve();
    }
    const timer = setInterval(round, TICK_MS);
    round();
  });

  const cut = left();
  for (const session of sessions ?? []) cutOff(session);
  return { open, cut, took: Math.round(performance.now() - began) };
}

function closers(sessions: Sessions | undefined, others: OtherConnections | undefined): (() => void)[] {
  const polling: Session[] = [];
  const websocket: Session[] = [];
  for (const session of sessions ?? []) (session.transport.name === 'polling' ? polling : websocket).push(session);
  return [...[...polling, ...websocket].map((session) => () => dismiss(session)), ...(others?.closers() ?? [])];
}

/**
 * Closes a session in order. A WebSocket session goes on listening until the client has answered the closing handshake
 * (RFC 6455, 7.1.2): what the client sent before it knew is served. Engine.IO's own `close` ends the session at once and
 * drops that.
 */
function dismiss(session: Session): void {
  const { transport } = session;
  if (session.readyState !== 'open' || session.upgrading || transport.name !== 'websocket' || !transport.writable) {
    session.close();
    return;
  }
  // After a close frame nothing may be sent (RFC 6455, 5.5.1): what is for this client now waits, and goes with the session.
  transport.writable = false;
  transport.close();
}

/** Ends a session now. Discarding frees what waits to be sent to a client that does not read. */
function cutOff(session: Session): void {
  session.close(true);
  // Engine.IO waits for the end of a transport that is closing already.
  if (session.readyState !== 'closed') session.transport.emit('close');
}
