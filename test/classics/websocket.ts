import type { IncomingMessage } from 'node:http';
import type { ClientOptions } from 'ws';
import { WebSocket } from 'ws';

/** A connected WebSocket client. */
export interface WebSocketClient {
  readonly socket: WebSocket;
  /** The 101 response. */
  readonly answer: IncomingMessage;
  /** Sends and waits for the next message. */
  readonly ask: (text: string) => Promise<string>;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
}

export function openWebSocket(url: string, options: ClientOptions = {}): Promise<WebSocketClient> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, options);
    let answer: IncomingMessage | undefined;
    const closed = new Promise<number>((done) => {
      socket.once('close', done);
    });
    socket.once('upgrade', (response) => {
      answer = response;
    });
    socket.once('error', reject);
    socket.once('open', () => {
      if (answer === undefined) return;
      resolve({
        socket,
        answer,
        closed,
        ask: (text) =>
          new Promise((done) => {
            socket.once('message', (data: Buffer) => done(data.toString()));
            socket.send(text);
          }),
      });
    });
  });
}
