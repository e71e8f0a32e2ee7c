import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import { createServer } from 'node:tls';
import { judgeChain } from './client-certificate.js';
import type { ClientHello } from './client-hello.js';
import { RecentMap } from '../net/recent-map.js';
import { serverContext } from './context.js';
import type { TlsServerOptions } from '../options/tls.js';

/** Client certificates whose length of chain is remembered. */
const CHAINS = 20_000;

/** What resumed sessions need: sessions by id, the key of the tickets, and the lengths of certificate chains. */
export class SessionMemory {
  readonly ticketKeys = randomBytes(48);
  readonly sessions: RecentMap<Buffer> | undefined;
  /** Length of the chain by the fingerprint of the client's certificate: a resumed session carries no chain. */
  readonly chains = new RecentMap<number>(CHAINS);

  /** @param size sessions kept by id; 0 for none */
  constructor(size: number) {
    this.sessions = size > 0 ? new RecentMap(size) : undefined;
  }
}

/** Handles the end of a handshake. */
export interface HandshakeEnd {
  readonly secure: (socket: TLSSocket) => void;
  readonly failed: (error: Error, socket: TLSSocket) => void;
}

/** The TLS of one server of a configuration: its certificates, versions, ciphers and requirements on clients. */
export class TlsTerminal {
  /** Every handshake is refused (nginx: `ssl_reject_handshake`). */
  readonly refuses: boolean;
  readonly #server: Server | undefined;
  /** The server for clients of TLS 1.3, if it differs from `#server`. */
  readonly #tls13Server: Server | undefined;

  /**
   * @param tls no certificate: every handshake is refused
   * @param timeout milliseconds for a handshake
   * @throws OpenSSL's error for an invalid certificate, key or cipher list
   */
  constructor(tls: TlsServerOptions, timeout: number, memory: SessionMemory, end: HandshakeEnd) {
    this.refuses = tls.cert.length === 0;
    if (this.refuses) return;
    this.#server = makeServer(tls, timeout, memory, end);
    const { protocols, sessionTickets } = tls;
    // Node resumes TLS 1.3 sessions by ticket only, never by id (https://github.com/nodejs/node/issues/60847). With a session
    // cache and without tickets, where nginx resumes from its cache, clients of TLS 1.3 get tickets with a key in memory.
    if (!sessionTickets && memory.sessions !== undefined && protocols.includes('TLSv1.3')) {
      this.#tls13Server = makeServer({ ...tls, sessionTickets: true }, timeout, memory, end);
    }
  }

  /** Makes the handshake on a connection whose ClientHello has been unshifted. */
  accept(socket: Socket, hello: ClientHello | undefined): void {
    const server = hello?.offersTls13 === true ? (this.#tls13Server ?? this.#server) : this.#server;
    server?.emit('connection', socket);
  }
}

function makeServer(tls: TlsServerOptions, timeout: number, memory: SessionMemory, end: HandshakeEnd): Server {
  const { verifyClient, verifyDepth } = tls;
  // This server never listens: it gets its connections by `emit('connection')`.
  const server = createServer({
    ...serverContext(tls),
    handshakeTimeout: timeout,
    ALPNProtocols: ['http/1.1', 'http/1.0', 'http/0.9'],
    requestCert: verifyClient !== 'off',
    // A bad or missing certificate gets an HTTP response (495, 496), so the handshake must succeed.
    rejectUnauthorized: false,
    sessionIdContext: sessionContext(tls),
    ticketKeys: memory.ticketKeys,
  });
  server.on('secureConnection', (socket) => {
    if (verifyClient !== 'off') judgeChain(socket, verifyDepth, memory.chains);
    end.secure(socket);
  });
  server.on('tlsClientError', end.failed);
  const { sessions } = memory;
  if (sessions !== undefined) {
    server.on('newSession', (id: Buffer, data: Buffer, done: () => void) => {
      sessions.set(id.toString('latin1'), data);
      done();
    });
    server.on('resumeSession', (id: Buffer, done: (error: Error | null, data: Buffer | null) => void) => {
      done(null, sessions.use(id.toString('latin1')) ?? null);
    });
  }
  return server;
}

/** Keeps sessions apart between servers with different certificates or requirements on client certificates. */
function sessionContext({ cert, clientCa, verifyClient }: TlsServerOptions): string {
  return createHash('sha256')
    .update(JSON.stringify([cert, clientCa, verifyClient]))
    .digest('hex')
    .slice(0, 32);
}
