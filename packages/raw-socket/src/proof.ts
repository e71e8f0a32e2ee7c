import { EventEmitter, once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { acceptHandles, newSocket, takeHandle } from './handle.js';
import { insides, turnOffInsides } from './insides.js';
import { readStraight, streamHandle, writeStraight } from './stream-handle.js';
import { UnreadCopy } from './unread-copy.js';

/** Milliseconds for the exchange, which takes about ten. */
const LIMIT = 5_000;

let proof: Promise<void> | undefined;

/**
 * Shows once per process that Node's insides still mean what they did: a few bytes go over loopback on handles, both ways.
 * Where they do not arrive as expected, plain sockets are used from then on, with a warning. Never rejects.
 *
 * @example await proveInsides(); // before the first connection is accepted
 */
export function proveInsides(): Promise<void> {
  proof ??= prove();
  return proof;
}

async function prove(): Promise<void> {
  if (insides() === undefined) return;
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
  const sockets: Socket[] = [];
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), LIMIT);
  try {
    if (await listens(server)) await exchange(server, sockets, late.signal);
  } catch (error) {
    turnOffInsides(error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

/** False on a machine without loopback, where nothing can be proved. */
async function listens(server: Server): Promise<boolean> {
  try {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  }
}

/** @throws Error that names the inside with another meaning */
async function exchange(server: Server, sockets: Socket[], signal: AbortSignal): Promise<void> {
  const accepted = acceptedHandle(server, signal);
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', noDelay: true });
  const atClient = new Arrivals(signal);
  client.setEncoding('latin1').on('data', (text: string) => atClient.add(text));
  client.on('error', () => undefined);
  sockets.push(client);

  const { socket, bytes, arrivals } = socketAround(await accepted, signal);
  sockets.push(socket);
  client.write('one');
  await arrivals.expect('one', 'a socket around an accepted handle does not read');

  const handle = streamHandle(socket);
  if (handle === undefined) throw new Error('the handle of a socket is of another class');
  const straight = new Arrivals(signal);
  const giveBack = readStraight(handle, (length) => {
    straight.add(bytes.toString('latin1', 0, length));
    return undefined;
  });
  client.write('two');
  await straight.expect('two', 'reads do not arrive at onread of the handle');
  writeStraight(socket, handle, 'caf\u{e9}', () => undefined);
  await atClient.expect('caf\u{e9}', 'writeLatin1String does not write its text');
  writeStraight(socket, handle, Buffer.from([0, 0xff]), () => undefined);
  await atClient.expect('\0\u{ff}', 'writeBuffer does not write its bytes');

  giveBack();
  const taken = takeHandle(socket);
  if (taken === undefined) throw new Error('the handle of a socket cannot be taken');
  const moved = socketAround(taken, signal);
  sockets.push(moved.socket);
  client.write('three');
  await moved.arrivals.expect('three', 'a handle that moved to another socket does not read');
  const ended = once(client, 'end', { signal });
  UnreadCopy.of(moved.socket).end();
  await ended.catch(() => fail('a handle without its socket does not end its connection'));
}

function acceptedHandle(server: Server, signal: AbortSignal): Promise<object> {
  return new Promise((resolve, reject) => {
    const notSo = (): void => reject(new Error('accepted connections do not come as handles'));
    server.once('connection', notSo);
    signal.addEventListener('abort', notSo);
    acceptHandles(server, (handle) => {
      resolve(handle);
      return true;
    });
  });
}

/** A socket around a handle, and the text that it reads as an ordinary socket with `onread`. */
function socketAround(handle: object, signal: AbortSignal): { socket: Socket; bytes: Buffer; arrivals: Arrivals } {
  const bytes = Buffer.alloc(16);
  const arrivals = new Arrivals(signal);
  const socket = newSocket(handle, {
    buffer: () => bytes,
    callback(length) {
      arrivals.add(bytes.toString('latin1', 0, length));
      return true;
    },
  });
  socket.on('error', () => undefined);
  return { socket, bytes, arrivals };
}

/** Text as it arrives. */
class Arrivals extends EventEmitter {
  readonly #signal: AbortSignal;
  #text = '';

  constructor(signal: AbortSignal) {
    super();
    this.#signal = signal;
  }

  add(text: string): void {
    this.#text += text;
    this.emit('text');
  }

  /** Waits for this text and no other. @throws Error with the problem */
  async expect(text: string, problem: string): Promise<void> {
    while (this.#text.length < text.length)
      await once(this, 'text', { signal: this.#signal }).catch(() => fail(problem));
    if (this.#text !== text) fail(problem);
    this.#text = '';
  }
}

function fail(problem: string): never {
  throw new Error(problem);
}
