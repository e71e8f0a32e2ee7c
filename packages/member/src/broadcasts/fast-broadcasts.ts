import type { EventEmitter } from 'node:events';
import { proveInsides } from '@pinwheel/raw-socket';
import { withEngine } from '../socket-io.js';
import type { SocketIoServer } from '../socket-io.js';
import { broadcastFrame } from './broadcast-frame.js';
import type { WriteOptions } from './broadcast-frame.js';
import { FrameOutlet } from './frame-outlet.js';
import type { Transport } from './frame-outlet.js';

/** The part of an Engine.IO session that is used here. */
interface Session {
  readonly readyState: string;
  readonly protocol: number;
  readonly transport: Transport;
  /** Packets that wait for the transport. */
  readonly writeBuffer: readonly unknown[];
  write(data: unknown, options?: WriteOptions, callback?: unknown): this;
}

/**
 * Makes broadcasts of a Socket.IO server cheaper: each is encoded once, binary data too, and written straight to the sockets
 * of its recipients as one ready buffer. Engine.IO takes each recipient's copy through a packet, a queue, six events and a
 * write of two parts.
 *
 * Clients receive the same bytes in the same order. A recipient gets its broadcast in Engine.IO's way while it polls,
 * upgrades or closes, while it has not taken what was sent before (so that all that waits for a slow client is in
 * Engine.IO's queue), and with compression, WebTransport or another WebSocket library than `ws`.
 *
 * Engine.IO's events `packetCreate`, `flush` and `drain` do not report what was written straight.
 *
 * @param io before or after it is attached; sessions that are open already are not changed
 * @example fastBroadcasts(new Server(httpServer));
 */
export function fastBroadcasts(io: SocketIoServer): void {
  void proveInsides();
  withEngine(io, (engine: EventEmitter) => {
    engine.on('connection', writeBroadcastsStraight);
  });
}

/**
 * Replaces `write` of a session. Engine.IO has no hook there: Socket.IO passes each recipient's packet to this method,
 * with the frame that all recipients share where the packet is one text (https://github.com/websockets/ws/issues/617).
 */
function writeBroadcastsStraight(session: Session): void {
  let transport: Transport | undefined;
  let outlet: FrameOutlet | undefined;
  const write = session.write.bind(session);
  session.write = (data, options, callback) => {
    // Most writes are no broadcasts.
    if (options === undefined || (options.preEncoded !== true && options.wsPreEncodedFrame === undefined)) {
      return write(data, options, callback);
    }
    if (session.transport !== transport) {
      transport = session.transport;
      outlet = FrameOutlet.of(transport);
    }
    if (outlet !== undefined && callback === undefined && isIdle(session)) {
      const frame = broadcastFrame(data, options, session.protocol === 4 && transport.supportsBinary);
      if (frame !== undefined && outlet.write(frame)) return session;
    }
    return write(data, options, callback);
  };
}

/** True when nothing waits in the session's queue or transport, so that a direct write keeps the order. */
function isIdle({ readyState, transport, writeBuffer }: Session): boolean {
  return readyState === 'open' && transport.writable && writeBuffer.length === 0;
}
