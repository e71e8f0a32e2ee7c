import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { ClientToServerEvents, Said, ServerToClientEvents } from '@pinwheel/protocol';
import { Server } from 'socket.io';
import type { Certificate } from '../classics/certificates.js';

/** The faults that a server makes on purpose. */
export interface Faults {
  /** Drops every nth delivery. */
  readonly dropEvery?: number;
  /** Sends every nth delivery twice. */
  readonly duplicateEvery?: number;
  /** How many times it swaps a delivery with the sender's next one to the same client. */
  readonly swaps?: number;
  /** Delays every delivery. */
  readonly delayMs?: number;
  /** Blocks once for this long, after this many echoes. */
  readonly stall?: { readonly afterEchoes: number; readonly ms: number };
}

/** The exact counts of what it did. */
export interface Done {
  deliveries: number;
  dropped: number;
  duplicated: number;
  swapped: number;
}

export interface FaultyServer {
  readonly url: string;
  readonly done: Readonly<Done>;
  close(): Promise<void>;
}

/** A server of the echo contract in this process, all clients on one node, with faults that are counted. */
export async function startFaultyServer(faults: Faults, tls?: Certificate): Promise<FaultyServer> {
  const http = tls === undefined ? createServer() : createSecureServer(tls);
  const io = new Server<ClientToServerEvents, ServerToClientEvents>(http);
  const done: Done = { deliveries: 0, dropped: 0, duplicated: 0, swapped: 0 };
  /** Deliveries that wait for the next one of their sender to the same client. */
  const held = new Map<string, Said>();
  let duplicable = 0;
  let echoes = 0;

  const put = (to: string, said: Said): void => {
    io.to(to).emit('said', said);
  };

  const deliver = (to: string, said: Said): void => {
    done.deliveries++;
    const key = `${said.from} ${to}`;
    const before = held.get(key);
    if (before !== undefined) {
      held.delete(key);
      put(to, said);
      put(to, before);
      done.swapped++;
      return;
    }
    if (faults.dropEvery !== undefined && done.deliveries % faults.dropEvery === 0) {
      done.dropped++;
      return;
    }
    if (done.swapped + held.size < (faults.swaps ?? 0)) {
      held.set(key, said);
      return;
    }
    put(to, said);
    duplicable++;
    if (faults.duplicateEvery !== undefined && duplicable % faults.duplicateEvery === 0) {
      put(to, said);
      done.duplicated++;
    }
  };

  io.on('connection', (socket) => {
    socket.emit('server', { server: 'Faulty', port: 0, tag: 'faulty' });
    socket.on('join', (room, ack) => {
      void socket.join(room);
      ack?.({ ok: true, room, members: 1 });
    });
    socket.on('say', (room, payload) => {
      const said: Said = { room, from: socket.id, server: 'Faulty', number: 1, payload };
      for (const to of io.of('/').adapter.rooms.get(room) ?? []) {
        if (faults.delayMs === undefined) deliver(to, said);
        else setTimeout(() => deliver(to, said), faults.delayMs);
      }
    });
    socket.on('echo', (value, ack) => {
      echoes++;
      if (echoes === faults.stall?.afterEchoes) block(faults.stall.ms);
      ack(value);
    });
  });

  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
  const address = http.address();
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    done,
    close: () => io.close(),
  };
}

/** Blocks the whole process, as a long computation does. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
