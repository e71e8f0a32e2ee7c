import type { ClientToServerEvents, ServerToClientEvents } from '@pinwheel/protocol';
import type { Socket } from 'socket.io-client';

/** An event of the contract with an ack, also where the contract makes the ack optional. */
type Acked<E extends keyof ClientToServerEvents> = (...args: Required<Parameters<ClientToServerEvents[E]>>) => void;

/** The events that this page sends: those of the contract, always with an ack. */
interface PageEvents extends Omit<ClientToServerEvents, 'message' | 'join' | 'say' | 'watch'> {
  message: Acked<'message'>;
  join: Acked<'join'>;
  say: Acked<'say'>;
  watch: Acked<'watch'>;
}

/** A connection of the page or of a client beside it. */
export type PageSocket = Socket<ServerToClientEvents, PageEvents>;

/** Engine.IO protocol 4: the packet that closes a session. */
const CLOSE_PACKET = '1';

/**
 * Closes the polling session of a page that is being left. Between two polls there is no request in flight whose end the
 * server could notice, so it would keep the client until the heartbeat fails, after 45 seconds with Socket.IO's defaults.
 * A WebSocket closes with its page.
 */
export function bidFarewell({ io }: PageSocket): void {
  window.addEventListener('pagehide', () => {
    const { engine } = io;
    if (engine?.readyState !== 'open' || engine.transport.name !== 'polling') return;
    const query = new URLSearchParams({ EIO: '4', transport: 'polling', sid: engine.id });
    navigator.sendBeacon(`/socket.io/?${query}`, CLOSE_PACKET);
  });
}
