import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { handOffMessage, readHandOffOrder, sidOf } from '@pinwheel/protocol';
import type { HandOffEnd, HandOffOffer } from '@pinwheel/protocol';
import { openHandOffPipe, proveInsides } from '@pinwheel/raw-socket';
import { IdTable } from '@pinwheel/roster';
import { givenConnection } from './given-socket.js';
import type { GivenConnection } from './given-socket.js';
import { HandOffReports } from './hand-off-reports.js';
import { Silence } from './silence.js';

/** The part of `process` that is used here, in a child process with an IPC channel. */
export interface HandOffChannel {
  on(event: 'message', listener: (message: unknown, handle: unknown) => void): unknown;
  off(event: 'message', listener: (message: unknown, handle: unknown) => void): unknown;
  send?(message: unknown): unknown;
}

/**
 * Takes the WebSocket connections that the balancer which started this process hands off to it, and lets `http` answer
 * them as if it had accepted them. While `isDraining` it refuses connections that would open a session.
 *
 * @param channel default `process`
 * @param pipeFd file descriptor of a pipe on which the balancer prefers to send them. Without one, and with plain sockets,
 * they come over the IPC channel
 * @returns a function that stops taking connections. Call it before the process exits, or the balancer may miss the last
 * ends
 * @example const stop = receiveHandOffs(httpServer, () => member.state === 'drain');
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
    const given = givenConnection(handle);
    if (given === undefined) {
      // The client left before its socket arrived.
      reports.ended(id, { status: 0, bytesReceived: 0, bytesSent: 0 });
      return;
    }
    if (isDraining() && sidOf(targetOf(offer.text)) === '') {
      reports.refused(id);
      given.socket.destroy();
      return;
    }
    reports.taken(id);
    open.set(id, given.socket);
    const watched = silence.watch(given.socket, offer.idleMs);
    serve(http, given, offer, (end) => {
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
  void proveInsides();
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
  given: GivenConnection,
  { text }: HandOffOffer,
  onEnded: (end: HandOffEnd) => void,
): void {
  const { socket } = given;
  socket.once('close', () => {
    onEnded({ status: given.status, bytesReceived: socket.bytesRead, bytesSent: socket.bytesWritten });
  });
  // The HTTP server sets it for the connections that it accepts (option `noDelay`).
  socket.setNoDelay(true);
  http.emit('connection', socket);
  socket.emit('data', Buffer.from(text, 'latin1'));
}
