import type { Link } from './link.js';
import { openBeside, type PlainSocket } from './plain-socket.js';

/** Milliseconds between two steps of opening and closing. */
const STEP_MS = 50;
/** Clients closed per step. */
const CLOSED = 10;
/**
 * Clients that connect at the same time, besides the page's own and a few others. Chromium delays WebSockets the more of
 * them are connecting, by seconds for sixteen.
 */
const OPENING = 4;
/** Least and most milliseconds until a client that lost its server reconnects: Socket.IO's default. */
const BACK_MS = [500, 1_500] as const;
/** Least and most milliseconds between two echoes of one client. */
const ECHO_MS = [1_500, 3_000] as const;
/** Milliseconds after which an echo counts as lost and its client disconnects. */
const TIMEOUT_MS = 5_000;

interface Simulated {
  readonly socket: PlainSocket;
  phase: 'waiting' | 'opening' | 'open';
  server: string | undefined;
  /** The time from which it may connect. */
  at: number;
  timer: number | undefined;
}

/** Called with the round trip of an echo in milliseconds, undefined for a lost one. */
type Heard = (ms: number | undefined) => void;

/** Clients that only send echoes; `size` of them, connected a few at a time. */
export class CrowdClients {
  readonly #link: Link;
  readonly #heard: Heard;
  readonly #clients: Simulated[] = [];
  #wanted = 0;
  #stepping: number | undefined;

  constructor(link: Link, heard: Heard) {
    this.#link = link;
    this.#heard = heard;
  }

  /** Number of clients, connected or about to connect. */
  get size(): number {
    return this.#clients.length;
  }

  /** Connected clients by server. */
  get counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { server } of this.#clients) {
      if (server !== undefined) counts.set(server, (counts.get(server) ?? 0) + 1);
    }
    return counts;
  }

  want(count: number): void {
    this.#wanted = count;
    this.#stepping ??= window.setInterval(() => this.#step(), STEP_MS);
  }

  #step(): void {
    for (let closed = 0; closed < CLOSED && this.#clients.length > this.#wanted; closed += 1) this.#end();
    while (this.#clients.length < this.#wanted) this.#clients.push(this.#make());
    const now = performance.now();
    let opening = 0;
    for (const { phase } of this.#clients) if (phase === 'opening') opening += 1;
    let waiting = 0;
    for (const client of this.#clients) {
      if (client.phase !== 'waiting') continue;
      waiting += 1;
      if (client.at > now || opening >= OPENING) continue;
      opening += 1;
      client.phase = 'opening';
      client.socket.connect();
    }
    if (waiting > 0 || this.#clients.length !== this.#wanted) return;
    window.clearInterval(this.#stepping);
    this.#stepping = undefined;
  }

  #make(): Simulated {
    const socket = openBeside(this.#link, false);
    const client: Simulated = { socket, phase: 'waiting', server: undefined, at: 0, timer: undefined };
    socket.on('server', ({ server }) => {
      client.phase = 'open';
      client.server = server;
      client.timer = window.setTimeout(() => this.#echo(client), Math.random() * ECHO_MS[1]);
    });
    const lose = (): void => {
      window.clearTimeout(client.timer);
      client.phase = 'waiting';
      client.server = undefined;
      client.at = performance.now() + between(BACK_MS);
      // Closed clients are no longer in the list.
      this.want(this.#wanted);
    };
    socket.on('disconnect', lose);
    socket.on('connect_error', lose);
    return client;
  }

  #echo(client: Simulated): void {
    client.timer = window.setTimeout(() => this.#echo(client), between(ECHO_MS));
    if (document.hidden) return;
    const { socket } = client;
    const { id } = socket;
    const sentAt = performance.now();
    socket.timeout(TIMEOUT_MS).emit('echo', sentAt, (error: Error | null) => {
      this.#heard(error === null ? performance.now() - sentAt : undefined);
      if (error !== null && socket.connected && socket.id === id) socket.disconnect();
    });
  }

  #end(): void {
    const client = this.#clients.pop();
    if (client === undefined) return;
    client.socket.off();
    window.clearTimeout(client.timer);
    client.socket.disconnect();
  }
}

function between([least, most]: readonly [number, number]): number {
  return least + Math.random() * (most - least);
}
