import type { ServerGreeting } from '@pinwheel/protocol';

/** What happened on the connection. Every `at` is a `performance.now()`. */
export type LinkEvent =
  | { type: 'attempt'; at: number }
  | { type: 'opened'; at: number; transport: string }
  | { type: 'greeted'; at: number; greeting: ServerGreeting }
  | { type: 'upgraded'; at: number; transport: string }
  | { type: 'upgrade failed' }
  /** The server owes answers and sends nothing; then something came after all. */
  | { type: 'silent' }
  | { type: 'heard' }
  | { type: 'settled' }
  | { type: 'lost'; at: number }
  | { type: 'refused'; reason: string };

/** The page's connection, as it is shown. */
export interface LinkState {
  /** `connecting` until the first greeting, later `connected` and `lost` in turn; `refused` when a server said no. */
  phase: 'connecting' | 'connected' | 'lost' | 'refused';
  /** The server the page is on, or was on before it was lost. */
  server?: string;
  port?: number;
  /** Now in use. */
  transport?: string;
  /** The one the connection began with. */
  firstTransport?: string;
  /** When the current attempt began. */
  startedAt: number;
  /** Milliseconds from the start of the attempt to the open transport. */
  openedMs?: number;
  /** Milliseconds from the start of the attempt to the upgrade. */
  upgradedMs?: number;
  upgradeFailed: boolean;
  /** Connected, and the server does not answer. */
  isSilent: boolean;
  lostAt?: number;
  /** Milliseconds without a server, until the page shows that it is back as a matter of course. */
  awayMs?: number;
  reason?: string;
}

export function initialLink(at: number): LinkState {
  return { phase: 'connecting', startedAt: at, upgradeFailed: false, isSilent: false };
}

/** The state after an event. Pure; what belongs to one attempt does not outlive it. */
export function nextLink(state: LinkState, event: LinkEvent): LinkState {
  switch (event.type) {
    case 'attempt': {
      const { phase, server, lostAt, reason } = state;
      return {
        phase,
        startedAt: event.at,
        upgradeFailed: false,
        isSilent: false,
        ...(server !== undefined && { server }),
        ...(lostAt !== undefined && { lostAt }),
        ...(reason !== undefined && { reason }),
      };
    }
    case 'opened':
      return {
        ...state,
        transport: event.transport,
        firstTransport: event.transport,
        openedMs: event.at - state.startedAt,
      };
    case 'greeted': {
      const { lostAt, reason: _, ...kept } = state;
      return {
        ...kept,
        phase: 'connected',
        server: event.greeting.server,
        port: event.greeting.port,
        ...(lostAt !== undefined && { awayMs: event.at - lostAt }),
      };
    }
    case 'upgraded':
      return { ...state, transport: event.transport, upgradedMs: event.at - state.startedAt };
    case 'upgrade failed':
      return { ...state, upgradeFailed: true };
    case 'silent':
      return { ...state, isSilent: state.phase === 'connected' };
    case 'heard':
      return { ...state, isSilent: false };
    case 'settled': {
      const { awayMs: _, ...kept } = state;
      return kept;
    }
    case 'lost': {
      const { transport: _, awayMs: __, ...kept } = state;
      return { ...kept, phase: 'lost', lostAt: event.at, isSilent: false };
    }
    default:
      return { ...state, phase: 'refused', reason: event.reason };
  }
}
