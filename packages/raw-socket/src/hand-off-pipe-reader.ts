import { Socket } from 'node:net';
import { HandOffOffers } from '@pinwheel/protocol';
import type { HandOffOffer } from '@pinwheel/protocol';

/** A libuv pipe that carries handles. It is not in the published types. */
interface Pipe {
  /** @returns 0 or nothing, or the system's error, negative */
  open(fd: number): number | undefined;
  close(): void;
  /** What came with the bytes that are being read. */
  pendingHandle?: object | null;
}

interface PipeBinding {
  readonly Pipe: new (type: number) => Pipe;
  readonly constants: { readonly IPC: number };
}

/** Bytes of one read. */
const READ = 65_536;

/**
 * Reads offers of connections off the pipe that the balancer has given to this process.
 *
 * @param fd of the pipe
 * @param onOffer told of each, with the handle of its connection
 * @returns closes it; undefined where the runtime has no such pipes, and the balancer is to use the IPC channel
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
  // The balancer is gone, or gives no more this way. What it did not give wholly is nobody's.
  socket.on('error', () => undefined);
  socket.once('close', () => {
    for (const handle of offers.incomplete) (handle as Pipe).close();
  });
  return () => socket.destroy();
}

function openPipe(fd: number): Pipe | undefined {
  const { binding } = process as unknown as { readonly binding?: (name: string) => unknown };
  try {
    const { Pipe, constants } = Reflect.apply(binding ?? none, process, ['pipe_wrap']) as PipeBinding;
    const pipe = new Pipe(constants.IPC);
    const error = pipe.open(fd) ?? 0;
    if (error === 0) return pipe;
    pipe.close();
    return undefined;
  } catch {
    // Another runtime than the one this was written for.
    return undefined;
  }
}

function none(): never {
  throw new Error('process.binding is not there');
}
