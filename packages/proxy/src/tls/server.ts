import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { rememberName } from './client-certificate.js';
import { beginsHandshake, readClientHello } from './client-hello.js';
import type { ClientHello } from './client-hello.js';
import { underlayOf } from '@pinwheel/raw-socket';
import { handshakeFailure } from './failure.js';
import { ServerNames } from '../net/server-names.js';
import type { TlsOptions, TlsServerOptions } from '../options/tls.js';
import { SessionMemory, TlsTerminal } from './terminal.js';

/** Handles the connections of a `TlsServer`; one of the three is called for each. */
export interface TlsServerEvents {
  /** The handshake is complete. */
  secure(socket: TLSSocket): void;
  /** The client speaks plain HTTP (nginx: 497); its request can be read from the beginning. */
  plain(socket: Socket): void;
  /** The handshake failed. @param reason in nginx's words */
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
 * Makes the handshakes of a listener. The server name in the ClientHello decides, before the handshake, which server makes
 * it: each has its own certificates, versions, ciphers and requirements on client certificates.
 */
export class TlsServer {
  #terminals: Terminals;
  readonly #events: TlsServerEvents;
  /** Session memories of named caches (nginx: `shared:NAME`), which survive a reload. */
  readonly #memories = new Map<string, SessionMemory>();

  /** @throws OpenSSL's error for an invalid certificate, key or cipher list */
  constructor(tls: TlsOptions, events: TlsServerEvents) {
    this.#events = events;
    this.#terminals = this.#make(tls);
  }

  /** Takes new certificates and settings for handshakes from now on. @throws as the constructor; then nothing has changed */
  update(tls: TlsOptions): void {
    this.#terminals = this.#make(tls);
  }

  #make(tls: TlsOptions): Terminals {
    const timeout = tls.handshakeTimeout;
    const made = new Map<string, TlsTerminal>();
    const terminal = (server: TlsServerOptions, owner: number): TlsTerminal => {
      // Servers with equal settings share a terminal, except those that ask for client certificates: their sessions stay apart.
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
   * Reads the ClientHello, chooses the server, and starts the handshake.
   *
   * @param socket accepted with `pauseOnConnect` and `allowHalfOpen`; bytes that were read before have been unshifted
   */
  accept(socket: Socket): void {
    let received: Buffer = NOTHING;
    const stopReading = (): void => {
      clearTimeout(timer);
      socket.off('readable', onReadable).off('end', onEnd).off('error', onError).off('close', stopReading);
    };
    const fail = (reason: string): void => {
      stopReading();
      socket.on('error', ignore);
      socket.destroy();
      this.#events.failed(reason, socket);
    };
    const timer = setTimeout(() => fail(handshakeFailure('timeout')), this.#terminals.timeout);
    const onEnd = (): void => fail(handshakeFailure(received.length === 0 ? 'silent' : 'ended'));
    const onError = (error: Error): void => fail(handshakeFailure(error));
    const onReadable = (): void => {
      const piece: Buffer | null = socket.read();
      if (piece === null) return;
      received = received.length === 0 ? piece : Buffer.concat([received, piece]);
      const plain = !beginsHandshake(received[0] ?? 0);
      const hello = plain ? 'other' : readClientHello(received);
      if (hello === 'more') return;
      stopReading();
      socket.unshift(received);
      if (plain) {
        this.#events.plain(socket);
        socket.resume();
      } else this.#handshake(socket, hello === 'other' ? undefined : hello);
    };
    socket.on('readable', onReadable).on('end', onEnd).on('error', onError).on('close', stopReading);
  }

  /** @param hello undefined for an unreadable hello, whose fault OpenSSL will report */
  #handshake(socket: Socket, hello: ClientHello | undefined): void {
    const name = sentName(hello?.serverName);
    const named = name === undefined ? undefined : this.#terminals.names.find(name, () => undefined);
    const terminal = named ?? this.#terminals.fallback;
    // If the client's FIN was read together with its hello, the TLS layer never sees it.
    socket.once('end', () => socket.destroy());
    socket.on('error', ignore);
    // A FIN during the handshake ends it; after the handshake it may be a half-close (see `#secure`).
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
      rememberName(socket, name);
    this.#events.secure(socket);
  };

  readonly #failed = (error: Error, socket: TLSSocket): void => {
    socket.destroy();
    this.#events.failed(handshakeFailure(error), underlayOf(socket) ?? socket);
  };
}

function ignore(): void {
  // The failure has been reported by the listener that was attached when it happened.
}

/** The settings that a terminal depends on. */
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
 * The server name of a handshake as it is looked up: lower case, without a dot at the end.
 *
 * @returns undefined for a name that is not a valid host; like nginx, we then go on as without SNI
 */
function sentName(given: string | undefined): string | undefined {
  const name = given?.toLowerCase().replace(/\.$/, '');
  return name === undefined || name === '' || /[\0-\x20/\x7f]|\.\./.test(name) ? undefined : name;
}
