import type { Socket } from 'node:net';
import { openConnection } from './connection.js';
import type { OnFrame } from './frames.js';
import { BINARY, CLOSE, encodeFrame, FrameReader, TEXT } from './frames.js';

const HANDSHAKE_PATIENCE = 20_000;
const END_OF_HEAD = '\r\n\r\n';

/** An open WebSocket of the load generator, with as little code as possible between it and the socket. */
export interface WebSocketClient {
  readonly socket: Socket;
  send(frame: Buffer): void;
  /** Closes the connection without a close frame. */
  destroy(): void;
}

export interface WebSocketOptions {
  /** Path and query. Default `/echo`. */
  readonly path?: string;
  /** True when payloads are passed on, not only counted. Default false. */
  readonly payloads?: boolean;
  /** Receives text and binary frames. */
  readonly onFrame: OnFrame;
  /** Called when the WebSocket ends without a call of `destroy`. */
  readonly onEnd: (error: Error) => void;
}

/** Connects and upgrades. Rejects when no 101 arrives within 20 s. */
export function openWebSocket(url: URL, options: WebSocketOptions): Promise<WebSocketClient> {
  return new Promise((resolve, reject) => {
    const { path = '/echo', payloads = false, onFrame, onEnd } = options;
    const frames = new FrameReader((opcode, chunk, start, end) => {
      if (opcode === TEXT || opcode === BINARY) onFrame(opcode, chunk, start, end);
      else if (opcode === CLOSE) end0(new Error('the server closed the WebSocket'));
    }, payloads);
    let destroyed = false;
    let head: string | undefined = '';
    const socket = openConnection(
      url,
      () => {
        socket.write(
          `GET ${path} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
            'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
        );
      },
      (chunk, start, end) => {
        if (head === undefined) {
          frames.read(chunk, start, end);
          return;
        }
        const before = head.length;
        head += chunk.toString('latin1', start, end);
        const over = head.indexOf(END_OF_HEAD);
        if (over < 0) return;
        if (!head.startsWith('HTTP/1.1 101')) {
          end0(new Error(`expected 101, got ${head.slice(0, head.indexOf('\r\n'))}`));
          return;
        }
        head = undefined;
        clearTimeout(patience);
        resolve(client);
        frames.read(chunk, start + over + END_OF_HEAD.length - before, end);
      },
    );
    const end0 = (error: Error): void => {
      clearTimeout(patience);
      if (destroyed) return;
      client.destroy();
      if (head === undefined) onEnd(error);
      else reject(error);
    };
    const client: WebSocketClient = {
      socket,
      send: (frame) => {
        socket.write(frame);
      },
      destroy: () => {
        destroyed = true;
        socket.destroy();
      },
    };
    const patience = setTimeout(() => end0(new Error('no answer to an upgrade after 20 s')), HANDSHAKE_PATIENCE);
    socket.once('error', end0);
    socket.once('close', () => end0(new Error('the connection closed')));
  });
}

/** Sends a close frame with status 1000. */
export const CLOSE_FRAME = encodeFrame(CLOSE, Buffer.from([0x03, 0xe8]));
