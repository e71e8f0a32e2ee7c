import type { ServerGreeting } from '@pinwheel/protocol';
import { io } from 'socket.io-client';
import { type LinkEvent, type LinkState, initialLink, nextLink } from './link-state.js';
import { type PageSocket, bidFarewell } from './page-socket.js';
import type { TransportName } from './query.js';

/** Milliseconds for which "back on Server1 after 640 ms" is shown before "connected". */
const SETTLE_MS = 10_000;

/** Longest wait in milliseconds before reconnecting after the server disconnected the page. */
const RETURN_MAX_MS = 5_000;

/** The page's own connection: a Socket.IO socket with default options, and its state. */
export interface Link {
  readonly socket: PageSocket;
  readonly state: LinkState;
  /** Milliseconds since anything came from the server. */
  readonly silentMs: number;
  /** True when a WebSocket was tried and failed, or when none is to be tried. */
  readonly isPollingOnly: boolean;
  /** Marks the server as silent: it sends nothing although answers are due. */
  silent(): void;
  /** Disconnects from a server that does not answer, since only a new connection can reach another one. */
  leave(): void;
  /** Calls `listener` with the state now and after every change. */
  watch(listener: (state: LinkState) => void): void;
}

/**
 * Connects to the page's own origin.
 *
 * @param transport the only transport to use; undefined for Socket.IO's default, polling and then an upgrade
 */
export function openLink(transport: TransportName | undefined): Link {
  const watchers: ((state: LinkState) => void)[] = [];
  let state = initialLink(performance.now());
  let settling: number | undefined;
  let refusals = 0;
  let heardAt = performance.now();
  let isPollingOnly = transport === 'polling';

  const socket: PageSocket = io({
    // A hung server accepts connections and never answers.
    timeout: 5_000,
    ...(transport !== undefined && { transports: [transport] }),
  });
  const manager = socket.io;
  bidFarewell(socket);

  function happened(event: LinkEvent): void {
    state = nextLink(state, event);
    for (const watcher of watchers) watcher(state);
  }

  /**
   * Socket.IO does not reconnect when the server disconnects or refuses a client
   * (https://github.com/socketio/socket.io/issues/2476).
   */
  function comeBack(): void {
    const wait = Math.min(RETURN_MAX_MS, 250 * 2 ** refusals) * (0.5 + Math.random() / 2);
    refusals += 1;
    window.setTimeout(() => {
      happened({ type: 'attempt', at: performance.now() });
      socket.connect();
    }, wait);
  }

  manager.on('reconnect_attempt', () => happened({ type: 'attempt', at: performance.now() }));

  // Every connection has its own engine, which probes the upgrade only after it has opened.
  manager.on('open', () => {
    const engine = manager.engine;
    happened({ type: 'opened', at: performance.now(), transport: engine.transport.name });
    engine.on('upgrade', (next) => {
      isPollingOnly = false;
      happened({ type: 'upgraded', at: performance.now(), transport: next.name });
    });
    engine.on('packet', () => {
      heardAt = performance.now();
      if (state.isSilent) happened({ type: 'heard' });
    });
    engine.on('upgradeError', () => {
      isPollingOnly = true;
      happened({ type: 'upgrade failed' });
    });
  });

  socket.on('server', (greeting: ServerGreeting) => {
    refusals = 0;
    happened({ type: 'greeted', at: performance.now(), greeting });
    window.clearTimeout(settling);
    settling = window.setTimeout(() => happened({ type: 'settled' }), SETTLE_MS);
  });

  socket.on('disconnect', (reason) => {
    window.clearTimeout(settling);
    happened({ type: 'lost', at: performance.now() });
    if (reason === 'io server disconnect') comeBack();
  });

  socket.on('connect_error', (error) => {
    // An active socket is being reconnected by its manager: no server was reached, so none has refused.
    if (socket.active) return;
    happened({ type: 'refused', reason: error.message });
    comeBack();
  });

  return {
    socket,
    get state() {
      return state;
    },
    get silentMs() {
      return performance.now() - heardAt;
    },
    get isPollingOnly() {
      return isPollingOnly;
    },
    silent: () => happened({ type: 'silent' }),
    leave: () => void manager.engine.close(),
    watch(listener) {
      watchers.push(listener);
      listener(state);
    },
  };
}
