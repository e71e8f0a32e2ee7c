import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { broadcastFrame } from './broadcast-frame.js';
import type { WriteOptions } from './broadcast-frame.js';
import type { Opened, WebSocketEngine } from './web-socket-engine.js';

/** What is used of an Engine.IO session. */
interface Session extends EventEmitter {
  readonly id: string;
  readonly request: IncomingMessage;
  readonly readyState: string;
  readonly transport: { readonly writable: boolean };
  write(data: unknown, options?: WriteOptions, callback?: unknown): this;
}

/**
 * Writes broadcasts straight to the sockets of their recipients, one ready buffer each, where Engine.IO would take every
 * one through a packet, a queue and six events. Whatever is not in the plain state goes Engine.IO's way: a session that is
 * polling, upgrading or closing, and one whose client has not yet taken what it was sent, so that what waits for it is in
 * Engine.IO's queue alone.
 *
 * Engine.IO's events `packetCreate`, `flush` and `drain` do not tell of what was written in this way.
 */
export function straightenBroadcasts(engine: EventEmitter, webSockets: WebSocketEngine): void {
  engine.on('connection', (session: Session) => {
    let opened = webSockets.openedBy(session.request);

    const write = session.write.bind(session);
    session.write = (data, options, callback) => {
      // A transport that is writable has nothing in its queue: what is written now is in order.
      if (
        opened !== undefined &&
        callback === undefined &&
        session.readyState === 'open' &&
        session.transport.writable
      ) {
        const frame = broadcastFrame(data, options, opened.binary);
        if (frame !== undefined && opened.socket.writeFrame(frame)) return session;
      }
      return write(data, options, callback);
    };

    session.once('upgrade', () => {
      const upgraded: Opened | undefined = webSockets.upgraded(session.id);
      // What has waited for the upgrade is sent behind this event.
      process.nextTick(() => {
        opened = upgraded;
      });
    });
    session.once('close', () => {
      opened = undefined;
    });
  });
}
