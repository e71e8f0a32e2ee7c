import { io } from 'socket.io-client';
import type { Link } from './link.js';
import { type PageSocket, bidFarewell } from './page-socket.js';

/** A further client of this page. */
export type PlainSocket = PageSocket;

/**
 * Opens another client. It uses only WebSocket, so that the balancer may place it on any server; polling where WebSocket is
 * blocked.
 *
 * @param isPatient true (default): connects and reconnects by itself; false: only when `connect` is called
 */
export function openBeside(link: Link, isPatient = true): PlainSocket {
  const socket: PlainSocket = io({
    forceNew: true,
    transports: [link.isPollingOnly ? 'polling' : 'websocket'],
    // A hung server accepts connections and never answers, and Chromium runs one WebSocket handshake with an origin at a
    // time (RFC 6455, 4.1), so all others wait for it.
    timeout: 2_000,
    autoConnect: isPatient,
    reconnection: isPatient,
  });
  if (link.isPollingOnly) bidFarewell(socket);
  return socket;
}
