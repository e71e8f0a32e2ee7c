import type { ServerGreeting } from '@pinwheel/protocol';

/** An event of the connection. Every `at` is a `performance.now()`. */
export type LinkEvent =
  | { type: 'attempt'; at: number }
  | { type: 'opened'; at: number; transport: string }
  | { type: 'greeted'; at: number; greeting: ServerGreeting }
  | { type: 'upgraded'; at: number; transport: string }
  | { type: 'upgrade failed' }
  /** The server sends nothing although answers are due; `heard` ends that. */
  | { type: 'silent' }
  | { type: 'heard' }
  | { type: 'settled' }
  | { type: 'lost'; at: number }
  | { type: 'refused'; reason: string };

/** The state of the page's connection. */
export interface LinkState {
  /** `connecting` until the first greeting, later `connected` and `lost` in turn; `refused` when a server refused the page. */
  phase: 'connecting' | 'connected' | 'lost' | 'refused';
  /** The server the page is on, or was on before it was lost. */
  server?: string;
  port?: number;
  /** The current transport. */
  transport?: string;
  /** The transport that the connection began with. */
  firstTransport?: string;
  /** The time at which the current attempt began. */
  startedAt: number;
  /** Milliseconds from the start of the attempt to the open transport. */
  openedMs?: number;
  /** Milliseconds from the start of the attempt to the upgrade. */
  upgradedMs?: number;
  upgradeFailed: boolean;
  /** True while connected to a server that does not answer. */
  isSilent: boolean;
  lostAt?: number;
  /** Milliseconds that the page was without a server; set while "back on" is shown. */
  awayMs?: number;
  reason?: string;
}

export function initialLink(at: number): LinkState {
  return { phase: 'connecting', startedAt: at, upgradeFailed: false, isSilent: false };
}

/** The state after an event. Pure: the figures of one attempt do not outlive it. */
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
