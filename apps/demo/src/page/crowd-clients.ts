import type { Link } from './link.js';
import { openBeside, type PlainSocket } from './plain-socket.js';

/** Milliseconds between two steps of opening and closing. */
const STEP_MS = 50;
/** Clients closed in a step. */
const CLOSED = 10;
/**
 * Clients that connect at once, the page's own and a few others aside: Chromium makes a WebSocket wait for longer the more
 * of them are under way, seconds for sixteen.
 */
const OPENING = 4;
/** Milliseconds until a client that lost its server comes back, at least and at most: Socket.IO's own default. */
const BACK_MS = [500, 1_500] as const;
/** Milliseconds between two echoes of one client, at least and at most. */
const ECHO_MS = [1_500, 3_000] as const;
/** An echo that took longer is lost, and its client leaves the server. */
const TIMEOUT_MS = 5_000;

interface Simulated {
  readonly socket: PlainSocket;
  phase: 'waiting' | 'opening' | 'open';
  server: string | undefined;
  /** When it may connect. */
  at: number;
  timer: number | undefined;
}

/** What became of an echo: milliseconds, or undefined for a lost one. */
type Heard = (ms: number | undefined) => void;

/** Clients that do nothing but echo, as many as are wanted, connected a few at a time. */
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

  /** How many there are, connected or about to be. */
  get size(): number {
    return this.#clients.length;
  }

  /** Clients by server, those that have one. */
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
      // Those that were closed are not among the clients any more.
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
