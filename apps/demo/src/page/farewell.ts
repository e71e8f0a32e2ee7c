import type { PageSocket } from './link.js';

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
