import { tint, untint } from '@pinwheel/page/browser/colour.js';
import { byId, make, makeName, setText } from '@pinwheel/page/browser/element.js';
import { formatMs } from './format.js';
import type { Link } from './link.js';
import { type PlainSocket, openBeside } from './plain-socket.js';

/** Most clients beside the page's own. With polling, each of them takes one of a browser's six connections to an origin. */
const MAX = 8;
const MAX_POLLING = 2;
/** Milliseconds between two of their echoes. */
const ECHO_MS = 2_000;
const TIMEOUT_MS = 5_000;

/**
 * "Open another client": further clients beside the page's own, in its room, each on the server that the balancer chose.
 *
 * @param moved called when one of them has joined the room or has left
 */
export function runBeside(link: Link, room: () => string | undefined, moved: () => void): { enter(): void } {
  const button = byId('beside-open', HTMLButtonElement);
  const list = byId('beside', HTMLUListElement);
  const open = new Set<Client>();

  button.addEventListener('click', () => {
    const client = new Client(link, room, moved);
    open.add(client);
    list.append(client.item);
    button.disabled = open.size >= (link.isPollingOnly ? MAX_POLLING : MAX);
    client.close.addEventListener('click', () => {
      client.end();
      open.delete(client);
      moved();
      button.disabled = false;
      button.focus();
    });
  });
  return {
    enter() {
      for (const client of open) client.enter();
    },
  };
}

class Client {
  readonly item = make('li', 'client');
  readonly close = make('button', 'quiet small', 'Close');
  readonly #name = makeName('server', 'connecting....');
  readonly #text = make('span', 'node-figures');
  readonly #heard = make('bdi', 'heard');
  readonly #socket: PlainSocket;
  readonly #room: () => string | undefined;
  readonly #moved: () => void;
  readonly #timer: number;
  #startedAt = performance.now();
  #joined: string | undefined;
  #way = '';

  constructor(link: Link, room: () => string | undefined, moved: () => void) {
    this.#room = room;
    this.#moved = moved;
    this.#socket = openBeside(link);
    const say = make('button', 'quiet small', 'Say hello');
    say.type = this.close.type = 'button';
    say.dataset['verb'] = 'say';
    this.close.dataset['verb'] = 'close';
    say.addEventListener('click', () => this.#say());
    const actions = make('span', 'node-actions');
    actions.append(say, this.close);
    this.item.append(make('span', 'dot'), this.#name, this.#text, actions, this.#heard);

    this.#socket.on('server', ({ server }) => {
      setText(this.#name, server);
      this.item.dataset['server'] = server;
      tint(this.item, server);
      const { name } = this.#socket.io.engine.transport;
      this.#way = `${name} at ${formatMs(performance.now() - this.#startedAt)}`;
      setText(this.#text, this.#way);
      this.#joined = undefined;
      this.enter();
      this.#echo();
    });
    this.#socket.io.on('reconnect_attempt', () => {
      this.#startedAt = performance.now();
    });
    this.#socket.on('disconnect', (reason) => {
      // Socket.IO does not reconnect when the server disconnects a client
      // (https://github.com/socketio/socket.io/issues/2476).
      if (reason === 'io server disconnect') this.#socket.connect();
      delete this.item.dataset['server'];
      untint(this.item);
      setText(this.#text, 'lost, reconnecting');
    });
    this.#socket.on('said', (said) => {
      const who = said.from === link.socket.id ? 'you' : said.from === this.#socket.id ? 'itself' : said.server;
      const text = typeof said.payload === 'string' ? said.payload.slice(0, 80) : '(data)';
      setText(this.#heard, `hears ${who}: ${text}`);
    });
    this.#timer = window.setInterval(() => this.#echo(), ECHO_MS);
  }

  /** Joins the page's room. */
  enter(): void {
    const room = this.#room();
    if (!this.#socket.connected || room === this.#joined) return;
    if (this.#joined !== undefined) this.#socket.emit('leave', this.#joined);
    this.#joined = room;
    if (room !== undefined) this.#socket.emit('join', room, () => this.#moved());
  }

  end(): void {
    window.clearInterval(this.#timer);
    this.#socket.disconnect();
    this.item.remove();
  }

  #say(): void {
    const room = this.#room();
    if (room === undefined) setText(this.#heard, 'Join a room first, so that there is someone to greet.');
    else this.#socket.emit('say', room, `hello from ${this.#name.textContent}`, () => undefined);
  }

  #echo(): void {
    if (!this.#socket.connected || document.hidden) return;
    const at = performance.now();
    const session = this.#socket.id;
    this.#socket.timeout(TIMEOUT_MS).emit('echo', at, (error: Error | null, answer: unknown) => {
      // A hung server keeps its connections; only a new connection can reach another server.
      if (error !== null && this.#socket.id === session) this.#socket.io.engine.close();
      if (error !== null || answer !== at) return;
      setText(this.#text, `${this.#way} · echo ${formatMs(performance.now() - at)}`);
    });
  }
}
