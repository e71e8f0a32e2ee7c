import { io } from 'socket.io-client';
import type { PageSocket } from './link.js';

/** A further client of this page. */
export type PlainSocket = PageSocket;

/** Opens a client of its own: WebSocket only, so that its one request may be placed on any server. */
export function openBeside(): PlainSocket {
  return io({ forceNew: true, transports: ['websocket'] });
}
