import { isIP } from 'node:net';
import type { SecureContext } from 'node:tls';
import { createSecureContext, Server, TLSSocket } from 'node:tls';
import { errorPage, replyText } from './http1/reply.js';
import { choseByName } from './client-certificate.js';
import { RecentMap } from './recent-map.js';
import { serverContext } from './secure-context.js';
import type { NamedTls, TlsOptions, VerifyClient } from './tls-options.js';

interface Choice {
  readonly context: SecureContext;
  readonly verify: VerifyClient;
  readonly refuses: boolean;
}

/** nginx's order: exact names, wildcards before, wildcards behind, expressions. */
class Names {
  readonly #exact = new Map<string, Choice>();
  readonly #suffixes: { readonly text: string; readonly choice: Choice }[] = [];
  readonly #prefixes: { readonly text: string; readonly choice: Choice }[] = [];
  readonly #expressions: { readonly matches: (name: string) => boolean; readonly choice: Choice }[] = [];

  constructor(named: readonly NamedTls[]) {
    for (const { names, expressions = [], tls } of named) {
      const choice = {
        context: createSecureContext(serverContext(tls)),
        verify: tls.verifyClient ?? 'off',
        refuses: tls.cert.length === 0,
      };
      for (const name of names) this.#add(name, choice);
      for (const matches of expressions) this.#expressions.push({ matches, choice });
    }
    this.#suffixes.sort((a, b) => b.text.length - a.text.length);
    this.#prefixes.sort((a, b) => b.text.length - a.text.length);
  }

  #add(name: string, choice: Choice): void {
    if (name.endsWith('.*')) this.#prefixes.push({ text: name.slice(0, -1), choice });
    else if (name.startsWith('*.')) this.#suffixes.push({ text: name.slice(1), choice });
    else {
      const exact = name.startsWith('.') ? name.slice(1) : name;
      if (exact !== name) this.#suffixes.push({ text: name, choice });
      // Of two servers of one name the first has it.
      if (!this.#exact.has(exact)) this.#exact.set(exact, choice);
    }
  }

  find(given: string): Choice | undefined {
    const name = given.toLowerCase().replace(/\.$/, '');
    const exact = this.#exact.get(name);
    if (exact !== undefined) return exact;
    for (const { text, choice } of this.#suffixes) if (name.endsWith(text)) return choice;
    for (const { text, choice } of this.#prefixes) if (name.startsWith(text)) return choice;
    return this.#expressions.find(({ matches }) => matches(name))?.choice;
  }
}

interface Verifying {
  /** Whether Node tells in `authorized` how the verification came out. */
  _requestCert?: boolean;
  readonly _handle?: { setVerifyMode?: (request: boolean, reject: boolean) => void } | null;
}

/** Codes of handshakes that were none: a request in plain HTTP. */
const PLAIN = new Set(['ERR_SSL_HTTP_REQUEST', 'ERR_SSL_WRONG_VERSION_NUMBER']);

/** Accepts TLS connections, with the certificate of the server that a client names. */
export class TlsServer extends Server {
  #names: Names;
  #verify: VerifyClient;

  /**
   * @param onFailed told of each handshake that failed
   * @throws OpenSSL's error for a certificate, key or cipher list it does not take
   */
  constructor(tls: TlsOptions, onFailed: (error: Error, socket: TLSSocket) => void) {
    super({
      ...serverContext(tls),
      allowHalfOpen: true,
      noDelay: true,
      handshakeTimeout: tls.handshakeTimeout ?? 60_000,
      ALPNProtocols: ['http/1.1', 'http/1.0', 'http/0.9'],
      // Who has to show one is decided by name, and what comes of a bad one by the request.
      requestCert: (tls.verifyClient ?? 'off') !== 'off',
      rejectUnauthorized: false,
      // Node calls it as a method of the socket whose handshake it is.
      SNICallback(this: unknown, name: string, done: (error: Error | null, context?: SecureContext) => void): void {
        const choice = this instanceof TLSSocket ? chosen(this, name) : undefined;
        if (choice?.refuses === true) done(new Error(`unrecognized name "${name}"`));
        else done(null, choice?.context);
      },
    });
    const chosen = (socket: TLSSocket, name: string): Choice | undefined => {
      const choice = this.#names.find(name);
      const verify = (choice?.verify ?? this.#verify) !== 'off';
      // Per connection, and not in the published interface: the option above holds for the default server only.
      const verifying = socket as unknown as Verifying;
      verifying._handle?.setVerifyMode?.(verify, false);
      verifying._requestCert = verify;
      if (choice !== undefined) choseByName.add(socket);
      return choice;
    };
    this.#names = new Names(tls.named ?? []);
    this.#verify = tls.verifyClient ?? 'off';
    this.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      if (PLAIN.has(error.code ?? '')) refusePlain(socket);
      else socket.destroy();
      onFailed(error, socket);
    });
    this.#keepSessions(tls.sessionCache ?? 0);
  }

  #keepSessions(limit: number): void {
    if (limit === 0) return;
    const sessions = new RecentMap<Buffer>(limit);
    this.on('newSession', (id: Buffer, data: Buffer, done: () => void) => {
      sessions.set(id.toString('latin1'), data);
      done();
    });
    this.on('resumeSession', (id: Buffer, done: (error: Error | null, data: Buffer | null) => void) => {
      done(null, sessions.use(id.toString('latin1')) ?? null);
    });
  }

  /** Takes other certificates and settings for the handshakes to come. @throws as the constructor, and changes nothing */
  update(tls: TlsOptions): void {
    const names = new Names(tls.named ?? []);
    this.setSecureContext(serverContext(tls));
    this.#names = names;
    this.#verify = tls.verifyClient ?? 'off';
  }
}

/** nginx: status 497, told to the client as 400. The socket below the failed handshake still writes. */
function refusePlain(socket: TLSSocket): void {
  const { _parent: below } = socket as unknown as { readonly _parent?: TLSSocket };
  if (below === undefined || below.destroyed) {
    socket.destroy();
    return;
  }
  below.on('error', () => socket.destroy());
  below.end(replyText(errorPage(400, 'The plain HTTP request was sent to HTTPS port'), false, true), 'latin1', () =>
    socket.destroy(),
  );
}

/** True for a name that may be sent as SNI (RFC 6066 3: no addresses). */
export function isServerName(name: string): boolean {
  return isIP(name.replace(/^\[|\]$/g, '')) === 0;
}
