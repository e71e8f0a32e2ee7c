import { io } from 'socket.io-client';
import { bidFarewell } from './farewell.js';
import type { Link, PageSocket } from './link.js';

/** A further client of this page. */
export type PlainSocket = PageSocket;

/**
 * Makes a client of its own: WebSocket only, so that its one request may be placed on any server; polling where no WebSocket
 * gets through.
 *
 * @param isPatient false: connects when told to, and after a loss only when told again. Default true: both by itself
 */
export function openBeside(link: Link, isPatient = true): PlainSocket {
  const socket: PlainSocket = io({
    forceNew: true,
    transports: [link.isPollingOnly ? 'polling' : 'websocket'],
    // A server that hangs takes connections and answers none of them, and Chromium has one WebSocket at a time shake hands with
    // an origin (RFC 6455, 4.1): all others wait for it.
    timeout: 2_000,
    autoConnect: isPatient,
    reconnection: isPatient,
  });
  if (link.isPollingOnly) bidFarewell(socket);
  return socket;
}
