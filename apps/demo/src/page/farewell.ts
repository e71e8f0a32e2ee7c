import type { PageSocket } from './link.js';

/** Engine.IO protocol 4: the packet that closes a session. */
const CLOSE_PACKET = '1';

/**
 * Ends the polling session of a page that goes away. A page that leaves between two polls has no request under way whose
 * end would tell the server, which would keep the client until its heartbeat fails, 45 seconds by Socket.IO's defaults. A
 * WebSocket ends with its page.
 */
export function bidFarewell({ io }: PageSocket): void {
  window.addEventListener('pagehide', () => {
    const { engine } = io;
    if (engine?.readyState !== 'open' || engine.transport.name !== 'polling') return;
    const query = new URLSearchParams({ EIO: '4', transport: 'polling', sid: engine.id });
    navigator.sendBeacon(`/socket.io/?${query}`, CLOSE_PACKET);
  });
}
