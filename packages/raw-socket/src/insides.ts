import { Socket } from 'node:net';

/**
 * The parts of Node that this package uses although Node does not publish them, and the one switch that turns all of
 * them off.
 *
 * It is off where the environment says `PINWHEEL_PLAIN_SOCKETS=1`, where a guard below finds another shape than the one
 * this was written for, and from the moment when `proveInsides` finds another meaning. Everything works without it, at
 * the costs that the README lists.
 */

/** A request to write to a handle. */
export interface WriteRequest {
  oncomplete: ((status: number) => void) | undefined;
  /** Keeps the bytes alive for as long as the kernel has not taken them. */
  bytes?: Uint8Array;
}

/** A libuv pipe that carries handles. */
export interface Pipe {
  /** Bytes that the kernel has not taken. */
  readonly writeQueueSize: number;
  /** The handle that came with the bytes that are being read. */
  pendingHandle?: object | null;
  /** @returns 0 or nothing, or the system's error, negative */
  open(fd: number): number | undefined;
  close(): void;
  /** @returns 0, or the system's error, negative */
  writeLatin1String(request: WriteRequest, text: string, handle: object): number;
}

/** The parts of `process.binding` that Node's own `net` and `child_process` are built on. */
export interface Insides {
  readonly WriteWrap: new () => WriteRequest;
  /** The results of the last read and the last write, at the two indexes below. */
  readonly streamBaseState: Int32Array;
  readonly kReadBytesOrError: number;
  readonly kLastWriteWasAsync: number;
  /** The handle below a TCP connection. */
  readonly TCP: new (type: number) => object;
  /** The handle below a unix socket, and a pipe that carries handles when it is made with `IPC`. */
  readonly Pipe: new (type: number) => Pipe;
  readonly constants: { readonly IPC: number };
}

const SWITCH = 'PINWHEEL_PLAIN_SOCKETS';
const HANDLE_MEMBERS = ['onread', 'writeBuffer', 'writeLatin1String', 'writeQueueSize'];

/** The guards, which are checked once when this module is loaded. */
const GUARDS: readonly (readonly [what: string, holds: (found: Partial<Insides>) => boolean])[] = [
  ['stream_wrap.WriteWrap', ({ WriteWrap }) => typeof WriteWrap === 'function'],
  ['stream_wrap.streamBaseState', ({ streamBaseState }) => streamBaseState instanceof Int32Array],
  [
    'the indexes of stream_wrap.streamBaseState',
    (found) => typeof found.kReadBytesOrError === 'number' && typeof found.kLastWriteWasAsync === 'number',
  ],
  ['tcp_wrap.TCP', ({ TCP }) => TCP !== undefined && HANDLE_MEMBERS.every((name) => name in TCP.prototype)],
  ['pipe_wrap.Pipe', ({ Pipe }) => Pipe !== undefined && HANDLE_MEMBERS.every((name) => name in Pipe.prototype)],
  ['pipe_wrap.constants.IPC', ({ constants }) => typeof constants?.IPC === 'number'],
  ['net.Socket#_handle', () => '_handle' in new Socket()],
];

const isSwitchedOff = process.env[SWITCH] === '1';
let current = isSwitchedOff ? undefined : findInsides();

/** Node's insides; undefined where plain sockets are to be used. */
export function insides(): Insides | undefined {
  return current;
}

/** True where no inside of Node is used: sockets are read, written and handed off in the ways that Node documents. */
export function usesPlainSockets(): boolean {
  return current === undefined;
}

/** A line for the log of a program that the environment switched to plain sockets; undefined in any other. */
export function plainSocketsNotice(): string | undefined {
  return isSwitchedOff ? `plain sockets (${SWITCH}=1): WebSockets are tunnelled, not handed off` : undefined;
}

/**
 * From now on plain sockets are used for new connections, with a warning that reaches standard error, or the listeners of
 * the event `warning` of `process`.
 */
export function turnOffInsides(problem: string): void {
  if (current === undefined) return;
  current = undefined;
  warn(problem);
}

function findInsides(): Insides | undefined {
  let found: Partial<Insides>;
  try {
    found = { ...binding('tcp_wrap'), ...binding('stream_wrap'), ...binding('pipe_wrap') };
  } catch {
    warn('there is no process.binding');
    return undefined;
  }
  const missing = GUARDS.find(([, holds]) => !holds(found));
  if (missing === undefined) return found as Insides;
  warn(`${missing[0]} is not there`);
  return undefined;
}

function binding(name: string): object {
  return (process as unknown as { binding(name: string): object }).binding(name);
}

function warn(problem: string): void {
  process.emitWarning(
    `Node.js ${process.version} is not as expected (${problem}): plain sockets are used, which cost 10 to 35 % more CPU time ` +
      `per message and twice as much per WebSocket handshake. ${SWITCH}=1 silences this warning`,
    { type: 'PinwheelWarning', code: SWITCH },
  );
}
