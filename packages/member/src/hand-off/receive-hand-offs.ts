import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { handOffMessage, readHandOffOrder, sidOf } from '@pinwheel/protocol';
import type { HandOffEnd, HandOffOffer } from '@pinwheel/protocol';
import { IdTable } from '@pinwheel/roster';
import { givenSocket } from './given-socket.js';
import type { GivenSocket } from './given-socket.js';
import { openHandOffPipe } from '@pinwheel/raw-socket';
import { HandOffReports } from './hand-off-reports.js';
import { Silence } from './silence.js';

/** What is used of `process` in a child process with an IPC channel. */
export interface HandOffChannel {
  on(event: 'message', listener: (message: unknown, handle: unknown) => void): unknown;
  off(event: 'message', listener: (message: unknown, handle: unknown) => void): unknown;
  send?(message: unknown): unknown;
}

/**
 * Takes the WebSocket connections that the balancer which started this process gives to it, and lets `http` answer them as
 * if they had come in directly. Refuses those that would open a session while `isDraining`.
 *
 * @param pipeFd file descriptor of a pipe on which the balancer would rather give them; without one, and where the runtime
 * cannot read it, they come over the IPC channel
 * @returns stops taking any; to be called before the process ends, else the balancer may miss the last endings
 */
export function receiveHandOffs(
  http: HttpServer,
  isDraining: () => boolean,
  channel: HandOffChannel = process,
  pipeFd?: number,
): () => void {
  const open = new IdTable<Socket>();
  const silence = new Silence();
  const reports = new HandOffReports((message) => channel.send?.(message));
  const onOffer = (offer: HandOffOffer, handle: unknown): void => {
    const { id } = offer;
    const socket = givenSocket(handle);
    if (socket === undefined) {
      // The client was gone before the socket arrived.
      reports.ended(id, { status: 0, bytesReceived: 0, bytesSent: 0 });
      return;
    }
    if (isDraining() && sidOf(targetOf(offer.text)) === '') {
      reports.refused(id);
      socket.destroy();
      return;
    }
    reports.taken(id);
    open.set(id, socket);
    const watched = silence.watch(socket, offer.idleMs);
    serve(http, socket, offer, (end) => {
      open.take(id);
      silence.forget(watched);
      reports.ended(id, end);
    });
  };
  const onMessage = (message: unknown, handle: unknown): void => {
    const order = readHandOffOrder(message);
    if (order === undefined) return;
    if ('event' in order) open.get(order.id)?.destroy();
    else onOffer(order, handle);
  };
  channel.on('message', onMessage);
  const closePipe = pipeFd === undefined ? undefined : openHandOffPipe(pipeFd, onOffer);
  if (closePipe !== undefined) channel.send?.(handOffMessage({ event: 'pipe open' }));
  return () => {
    channel.off('message', onMessage);
    closePipe?.();
    reports.flush();
  };
}

function targetOf(head: string): string {
  return /^\S+ (\S+)/.exec(head)?.[1] ?? '';
}

function serve(
  http: HttpServer,
  socket: GivenSocket,
  { text }: HandOffOffer,
  onEnded: (end: HandOffEnd) => void,
): void {
  socket.once('close', () => {
    onEnded({ status: socket.status, bytesReceived: socket.bytesRead, bytesSent: socket.bytesWritten });
  });
  // What an accepted socket has, too (http.Server: `noDelay`).
  socket.setNoDelay(true);
  http.emit('connection', socket);
  socket.emit('data', Buffer.from(text, 'latin1'));
}
