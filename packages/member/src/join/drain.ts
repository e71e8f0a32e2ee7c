import { performance } from 'node:perf_hooks';
import type { Session, Sessions } from './sessions.js';

/** Long-lived connections other than Socket.IO sessions, which a drain closes too. */
export interface OtherConnections {
  /** Open connections. */
  readonly size: number;
  /** A function for each open connection that begins its closing handshake. */
  closers(): Iterable<() => void>;
}

export interface DrainReport {
  /** Sessions and other connections that were open when the drain began. */
  readonly open: number;
  /** The sessions and connections that were still open at the end of the time, and were cut off. */
  readonly cut: number;
  /** Milliseconds that the drain took. */
  readonly took: number;
}

/** Milliseconds between two closings when there are few sessions. */
const SPACING_MS = 10;
/** Milliseconds between two rounds. */
const TICK_MS = 10;
/** The part of the time over which the closings are spread; the rest is for clients that are slow to leave. */
const SPREAD = 0.7;

/**
 * Closes every session, polling ones first, evenly over `timeoutMs` (sooner when there are few), so that their clients
 * reconnect to other nodes one after another. Resolves when all have ended or the time is over.
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
 * Closes a session gracefully. A WebSocket session is served until the client has answered the closing handshake (RFC 6455,
 * 7.1.2), including what the client sent before it received that. Engine.IO's own `close` ends the session at once and
 * drops those messages.
 */
function dismiss(session: Session): void {
  const { transport } = session;
  if (session.readyState !== 'open' || session.upgrading || transport.name !== 'websocket' || !transport.writable) {
    session.close();
    return;
  }
  // Nothing may be sent after a close frame (RFC 6455, 5.5.1): messages for this client wait, and end with the session.
  transport.writable = false;
  transport.close();
}

/** Ends a session now, and discards what waits for a client that does not read. */
function cutOff(session: Session): void {
  session.close(true);
  // Engine.IO keeps a session open until its transport has closed.
  if (session.readyState !== 'closed') session.transport.emit('close');
}
