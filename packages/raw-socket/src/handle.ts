import type { Server, SocketConstructorOpts } from 'node:net';
import { Socket } from 'node:net';
import { insides } from './insides.js';

/**
 * The buffers and the callback of a socket's reads (`onread`, https://nodejs.org/api/net.html#new-netsocketoptions).
 */
export interface OnRead {
  buffer: () => Buffer;
  callback: (length: number, bytes: Uint8Array) => boolean;
}

interface WithHandle {
  _handle?: object | null;
}

/** The handle below an open socket, which the socket keeps; undefined where there is none, and with plain sockets. */
export function handleOf(socket: Socket): object | undefined {
  return insides() === undefined ? undefined : ((socket as unknown as WithHandle)._handle ?? undefined);
}

/**
 * Takes the handle off a socket that has not been read; the socket cannot be used afterwards. Undefined as in
 * `handleOf`.
 */
export function takeHandle(socket: Socket): object | undefined {
  const handle = handleOf(socket);
  if (handle !== undefined) (socket as unknown as WithHandle)._handle = null;
  return handle;
}

/**
 * The options for a socket around a handle, as `net.Server` itself passes them to the sockets that it makes.
 *
 * `net` copies the options and then sets the last three in its copy, to the values that they have here. Without them
 * the copy would grow, V8 would give it a shape of its own, and each of the thirty accesses to it would be a search: 10
 * us per socket, more than the rest of making it.
 *
 * @param handle of an accepted connection; undefined for a connection that is still to be made
 */
export function socketOptions(handle: object | undefined, onread?: OnRead): SocketConstructorOpts {
  const options = {
    handle,
    allowHalfOpen: true,
    noDelay: handle === undefined,
    readable: true,
    writable: true,
    onread,
    emitClose: false,
    autoDestroy: true,
    decodeStrings: false,
  };
  return options;
}

/** A socket that reads into the buffers of `onread`, around a handle or still to be connected. */
export function newSocket(handle: object | undefined, onread: OnRead): Socket {
  return new Socket(socketOptions(handle, onread));
}

interface AcceptingHandle {
  onconnection?: ((this: object, error: number, accepted: object) => void) | null;
}

/**
 * Passes the connections of a listening server on as handles, so that a caller which makes its own sockets does not pay
 * for those of `net.Server`. With plain sockets nothing changes.
 *
 * @param server listens
 * @param take returns false for a connection for which `net.Server` should make a socket and emit `connection` as usual
 */
export function acceptHandles(server: Server, take: (handle: object) => boolean): void {
  if (insides() === undefined) return;
  const { _handle: handle } = server as unknown as { readonly _handle?: AcceptingHandle | null };
  const usual = handle?.onconnection;
  if (handle === undefined || handle === null || typeof usual !== 'function') return;
  handle.onconnection = (error, accepted) => {
    if (error !== 0 || !take(accepted)) Reflect.apply(usual, handle, [error, accepted]);
  };
}
