import type { Server as HttpServer } from 'node:http';
import { Socket } from 'node:net';
import { handOffMessage, readHandOffOrder } from '@pinwheel/protocol';
import type { HandOffEnd, HandOffOffer } from '@pinwheel/protocol';
import { carriesSid } from './engine-request.js';
import { openHandOffPipe } from './hand-off-pipe.js';
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
  const open = new Map<number, Socket>();
  const silence = new Silence();
  const reports = new HandOffReports((message) => channel.send?.(message));
  const onOffer = (offer: HandOffOffer, handle: unknown): void => {
    const { id } = offer;
    const socket = socketOf(handle);
    if (socket === undefined) {
      // The client was gone before the socket arrived.
      reports.ended(id, { status: 0, bytesReceived: 0, bytesSent: 0 });
      return;
    }
    if (isDraining() && !carriesSid(targetOf(offer.text))) {
      reports.refused(id);
      socket.destroy();
      return;
    }
    reports.taken(id);
    open.set(id, socket);
    silence.watch(socket, offer.idleMs);
    serve(http, socket, offer, (end) => {
      open.delete(id);
      silence.forget(socket);
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

/** @param handle a socket, or the handle of one; undefined when nothing came */
function socketOf(handle: unknown): Socket | undefined {
  if (handle instanceof Socket) return handle;
  if (typeof handle !== 'object' || handle === null) return undefined;
  // `handle` is what net.Server itself passes here; it is not in the published types. net sets the last three in a copy,
  // to these very values: a copy that grows gets a shape of its own (V8), which makes all of it ten times as dear.
  const options = {
    handle,
    allowHalfOpen: true,
    readable: true,
    writable: true,
    emitClose: false,
    autoDestroy: true,
    decodeStrings: false,
  };
  return new Socket(options);
}

function targetOf(head: string): string {
  return /^\S+ (\S+)/.exec(head)?.[1] ?? '';
}

function serve(http: HttpServer, socket: Socket, { text }: HandOffOffer, onEnded: (end: HandOffEnd) => void): void {
  let status = 0;
  watchFirstWrite(socket, (first) => {
    status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0);
  });
  socket.once('close', () => {
    onEnded({ status, bytesReceived: socket.bytesRead, bytesSent: socket.bytesWritten });
  });
  // What an accepted socket has, too (http.Server: `noDelay`).
  socket.setNoDelay(true);
  socket.unshift(Buffer.from(text, 'latin1'));
  http.emit('connection', socket);
}

const { write: plainWrite } = Socket.prototype as { readonly write: (...args: readonly unknown[]) => boolean };

/** Shows what is written first, once. */
function watchFirstWrite(socket: Socket, onFirst: (text: string) => void): void {
  const watched = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
    // Deleting the property instead would make every later access to the socket slow.
    Reflect.set(socket, 'write', plainWrite);
    onFirst(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1', 0, 16));
    return Reflect.apply(plainWrite, socket, [chunk, ...rest]);
  };
  Reflect.set(socket, 'write', watched);
}
