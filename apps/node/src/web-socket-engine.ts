import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { ServerOptions } from 'ws';
import { FrameSocket } from './frame-socket.js';

/** What a client can be sent, as it said when it connected. */
export interface Opened {
  readonly socket: FrameSocket;
  /** Binary data as binary messages: Engine.IO protocol 4, without `b64`. */
  readonly binary: boolean;
}

/**
 * The WebSocket server for the option `wsEngine` of Engine.IO: `ws`, whose sockets take frames that are encoded already. It
 * remembers which socket belongs to which session, as Engine.IO does not tell.
 */
export class WebSocketEngine {
  /** Engine.IO makes one of these, and another one whenever the HTTP server begins to listen. */
  readonly Server: new (options: ServerOptions) => WebSocketServer;
  readonly #opened = new WeakMap<IncomingMessage, Opened>();
  readonly #upgrading = new Map<string, Opened>();

  constructor() {
    const onOpened = (request: IncomingMessage, socket: FrameSocket, accept: () => void): void => {
      this.#remember(request, socket, accept);
    };
    this.Server = class extends WebSocketServer<typeof FrameSocket> {
      constructor(options: ServerOptions) {
        super({ ...options, WebSocket: FrameSocket });
      }

      override handleUpgrade(
        request: IncomingMessage,
        wire: Duplex,
        head: Buffer,
        accept: (socket: FrameSocket, request: IncomingMessage) => void,
      ): void {
        super.handleUpgrade(request, wire, head, (socket) => {
          if (socket.extensions === '') socket.takeFrames(wire);
          onOpened(request, socket, () => accept(socket, request));
        });
      }
    };
  }

  /** The socket of a session that was opened by this request. */
  openedBy(request: IncomingMessage): Opened | undefined {
    return this.#opened.get(request);
  }

  /** The socket that a session is upgraded to. To be asked once, when it is. */
  upgraded(sid: string): Opened | undefined {
    const opened = this.#upgrading.get(sid);
    this.#upgrading.delete(sid);
    return opened;
  }

  #remember(request: IncomingMessage, socket: FrameSocket, accept: () => void): void {
    const query = new URLSearchParams(/\?.*$/s.exec(request.url ?? '')?.[0]);
    const opened = { socket, binary: query.get('EIO') === '4' && !query.get('b64') };
    const sid = query.get('sid');
    if (sid === null || sid === '') {
      this.#opened.set(request, opened);
      accept();
      return;
    }
    accept();
    // Of the sockets that would upgrade a session, Engine.IO closes at once all but the one that may.
    if (socket.readyState !== WebSocket.OPEN) return;
    this.#upgrading.set(sid, opened);
    socket.once('close', () => {
      if (this.#upgrading.get(sid) === opened) this.#upgrading.delete(sid);
    });
  }
}
