import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { negotiated } from './client-certificate.js';
import { beginsHandshake, readClientHello } from './client-hello.js';
import type { ClientHello } from './client-hello.js';
import { underlayOf } from '@pinwheel/raw-socket';
import { handshakeFailure } from './failure.js';
import { ServerNames } from '../net/server-names.js';
import type { TlsOptions, TlsServerOptions } from '../options/tls.js';
import { SessionMemory, TlsTerminal } from './terminal.js';

/** What becomes of connections. */
export interface TlsServerEvents {
  /** A handshake is done. */
  secure(socket: TLSSocket): void;
  /** A request in plain HTTP has come (nginx: 497); it can be read from the beginning. */
  plain(socket: Socket): void;
  /** @param reason in nginx's words */
  failed(reason: string, socket: Socket): void;
}

/** RFC 8446 6: a fatal alert, `unrecognized_name`. */
const UNRECOGNIZED_NAME = Buffer.from([21, 3, 3, 0, 2, 2, 112]);
const NOTHING = Buffer.alloc(0);

/** The terminals of one configuration. */
interface Terminals {
  readonly fallback: TlsTerminal;
  readonly names: ServerNames<TlsTerminal>;
  readonly timeout: number;
}

/**
 * Does the handshakes of a listener. The name in a client's first message decides, before the handshake begins, which server
 * does it: each has its own certificates, versions, ciphers and demands on clients.
 */
export class TlsServer {
  #terminals: Terminals;
  readonly #events: TlsServerEvents;
  /** Of the caches that have a name: they outlive a reload. */
  readonly #memories = new Map<string, SessionMemory>();

  /** @throws OpenSSL's error for a certificate, key or cipher list it does not take */
  constructor(tls: TlsOptions, events: TlsServerEvents) {
    this.#events = events;
    this.#terminals = this.#make(tls);
  }

  /** Takes other certificates and settings for the handshakes to come. @throws as the constructor, and changes nothing */
  update(tls: TlsOptions): void {
    this.#terminals = this.#make(tls);
  }

  #make(tls: TlsOptions): Terminals {
    const timeout = tls.handshakeTimeout;
    const made = new Map<string, TlsTerminal>();
    const terminal = (server: TlsServerOptions, owner: number): TlsTerminal => {
      // Many servers with the same settings need one terminal; one that asks for certificates shares no sessions.
      const verifies = server.verifyClient !== 'off';
      const key = JSON.stringify([settingsOf(server), verifies ? owner : -1]);
      const known = made.get(key);
      if (known !== undefined) return known;
      const fresh = new TlsTerminal(server, timeout, this.#memoryOf(server, key), {
        secure: this.#secure,
        failed: this.#failed,
      });
      made.set(key, fresh);
      return fresh;
    };
    const { named } = tls;
    const fallback = terminal(
      tls,
      named.findIndex((one) => sameSettings(one.tls, tls)),
    );
    const names = new ServerNames<TlsTerminal>();
    for (const [index, one] of named.entries()) {
      const value = terminal(one.tls, index);
      for (const name of one.names) names.add(name, value);
      for (const matches of one.expressions ?? []) names.addExpression(matches, value);
    }
    return { fallback, names, timeout };
  }

  #memoryOf({ sessionCache, sessionCacheName }: TlsServerOptions, key: string): SessionMemory {
    if (sessionCacheName === undefined) return new SessionMemory(sessionCache);
    const name = `${sessionCacheName} ${sessionCache} ${key}`;
    const memory = this.#memories.get(name) ?? new SessionMemory(sessionCache);
    this.#memories.set(name, memory);
    return memory;
  }

  /**
   * Reads on until it is known who does the handshake, and has it done.
   *
   * @param socket accepted with `pauseOnConnect` and `allowHalfOpen`; what has been read of it was put back
   */
  accept(socket: Socket): void {
    let begun: Buffer = NOTHING;
    const leave = (): void => {
      clearTimeout(timer);
      socket.off('readable', onReadable).off('end', onEnd).off('error', onError).off('close', leave);
    };
    const fail = (reason: string): void => {
      leave();
      socket.on('error', ignore);
      socket.destroy();
      this.#events.failed(reason, socket);
    };
    const timer = setTimeout(() => fail(handshakeFailure('timeout')), this.#terminals.timeout);
    const onEnd = (): void => fail(handshakeFailure(begun.length === 0 ? 'silent' : 'ended'));
    const onError = (error: Error): void => fail(handshakeFailure(error));
    const onReadable = (): void => {
      const piece: Buffer | null = socket.read();
      if (piece === null) return;
      begun = begun.length === 0 ? piece : Buffer.concat([begun, piece]);
      const plain = !beginsHandshake(begun[0] ?? 0);
      const hello = plain ? 'other' : readClientHello(begun);
      if (hello === 'more') return;
      leave();
      socket.unshift(begun);
      if (plain) {
        this.#events.plain(socket);
        socket.resume();
      } else this.#handshake(socket, hello === 'other' ? undefined : hello);
    };
    socket.on('readable', onReadable).on('end', onEnd).on('error', onError).on('close', leave);
  }

  /** @param hello undefined for what OpenSSL shall find the fault in */
  #handshake(socket: Socket, hello: ClientHello | undefined): void {
    const name = sentName(hello?.serverName);
    const named = name === undefined ? undefined : this.#terminals.names.find(name, () => undefined);
    const terminal = named ?? this.#terminals.fallback;
    // The end of what the client sends that was read along with its hello never reaches the TLS layer.
    socket.once('end', () => socket.destroy());
    socket.on('error', ignore);
    // Whoever sends no more within a handshake ends it; afterwards it is half of the connection.
    socket.allowHalfOpen = false;
    if (terminal.refuses) {
      this.#events.failed(handshakeFailure('refused'), socket);
      socket.end(UNRECOGNIZED_NAME, () => socket.destroy());
    } else {
      terminal.accept(socket, hello);
    }
  }

  readonly #secure = (socket: TLSSocket): void => {
    socket.allowHalfOpen = true;
    const { servername } = socket as TLSSocket & { readonly servername?: string | false | null };
    const name = typeof servername === 'string' ? sentName(servername) : undefined;
    if (name !== undefined && this.#terminals.names.find(name, () => undefined) !== undefined)
      negotiated.set(socket, name);
    this.#events.secure(socket);
  };

  readonly #failed = (error: Error, socket: TLSSocket): void => {
    socket.destroy();
    this.#events.failed(handshakeFailure(error), underlayOf(socket) ?? socket);
  };
}

function ignore(): void {
  // What went wrong is told once, by whoever had the connection then.
}

/** What a terminal is made of: names and callbacks left out. */
function settingsOf(server: TlsServerOptions): unknown {
  const { cert, key, passphrases, protocols, ciphers, preferServerCiphers, dhparam } = server;
  const { sessionTimeout, sessionTickets, sessionCache, sessionCacheName } = server;
  const { verifyClient, verifyDepth, clientCa } = server;
  return [
    [cert, key, passphrases, protocols, ciphers, preferServerCiphers, dhparam],
    [sessionTimeout, sessionTickets, sessionCache, sessionCacheName],
    [verifyClient, verifyDepth, clientCa],
  ];
}

function sameSettings(one: TlsServerOptions, other: TlsServerOptions): boolean {
  return JSON.stringify(settingsOf(one)) === JSON.stringify(settingsOf(other));
}

/**
 * The name that a client sends in its handshake as names are compared: lower case, without a dot at the end.
 *
 * @returns undefined for a name that no host can have; nginx then goes on as without one
 */
function sentName(given: string | undefined): string | undefined {
  const name = given?.toLowerCase().replace(/\.$/, '');
  return name === undefined || name === '' || /[\0-\x20/\x7f]|\.\./.test(name) ? undefined : name;
}
