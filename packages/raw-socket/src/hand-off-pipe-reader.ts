import { Socket } from 'node:net';
import { HandOffOffers } from '@pinwheel/protocol';
import type { HandOffOffer } from '@pinwheel/protocol';
import { insides } from './insides.js';
import type { Pipe } from './insides.js';

/** Bytes of one read. */
const READ = 65_536;

/**
 * Reads offers of connections from the pipe that the balancer has given to this process.
 *
 * @param fd the pipe's file descriptor
 * @param onOffer gets each offer with the handle of its connection
 * @returns a function that closes the pipe; undefined with plain sockets and for a descriptor that is no pipe: the balancer
 * then uses the IPC channel
 */
export function openHandOffPipe(
  fd: number,
  onOffer: (offer: HandOffOffer, handle: object | undefined) => void,
): (() => void) | undefined {
  const pipe = openPipe(fd);
  if (pipe === undefined) return undefined;
  const offers = new HandOffOffers<object>(onOffer);
  const buffer = Buffer.allocUnsafeSlow(READ);
  const options = {
    handle: pipe,
    writable: false,
    onread: {
      buffer,
      callback: (length: number): boolean => {
        const handle = pipe.pendingHandle ?? undefined;
        pipe.pendingHandle = null;
        offers.add(buffer.toString('latin1', 0, length), handle);
        return true;
      },
    },
  };
  const socket = new Socket(options);
  socket.unref();
  // The balancer has exited, or hands off no more connections over the pipe.
  socket.on('error', () => undefined);
  socket.once('close', () => {
    // A connection whose offer did not arrive whole is closed: its request is unknown.
    for (const handle of offers.incomplete) (handle as Pipe).close();
  });
  return () => socket.destroy();
}

function openPipe(fd: number): Pipe | undefined {
  const node = insides();
  if (node === undefined) return undefined;
  try {
    const pipe = new node.Pipe(node.constants.IPC);
    const error = pipe.open(fd) ?? 0;
    if (error === 0) return pipe;
    pipe.close();
    return undefined;
  } catch {
    // The descriptor is not a pipe.
    return undefined;
  }
}
