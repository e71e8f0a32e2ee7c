import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import { createServer } from 'node:tls';
import { judgeChain } from './client-certificate.js';
import type { ClientHello } from './client-hello.js';
import { RecentMap } from '../net/recent-map.js';
import { serverContext } from './context.js';
import type { TlsServerOptions } from '../options/tls.js';

/** Certificates of clients that are remembered. */
const CHAINS = 20_000;

/** What is remembered for clients that come back: sessions by id, and the key of the tickets. */
export class SessionMemory {
  readonly ticketKeys = randomBytes(48);
  readonly sessions: RecentMap<Buffer> | undefined;
  /** Of certificates of clients: how many vouch for each. A session that is resumed says no more of its chain. */
  readonly chains = new RecentMap<number>(CHAINS);

  /** @param size sessions kept by id; 0 for none */
  constructor(size: number) {
    this.sessions = size > 0 ? new RecentMap(size) : undefined;
  }
}

/** What a terminal does with a handshake that is over. */
export interface HandshakeEnd {
  readonly secure: (socket: TLSSocket) => void;
  readonly failed: (error: Error, socket: TLSSocket) => void;
}

/** TLS as one server of a configuration speaks it: its certificates, versions, ciphers and what it asks of clients. */
export class TlsTerminal {
  /** Handshakes are refused by name. */
  readonly refuses: boolean;
  readonly #server: Server | undefined;
  /** For clients of TLS 1.3 when it is not `#server`. */
  readonly #newer: Server | undefined;

  /**
   * @param tls no certificate: every handshake is refused
   * @param timeout milliseconds for a handshake
   * @throws OpenSSL's error for a certificate, key or cipher list it does not take
   */
  constructor(tls: TlsServerOptions, timeout: number, memory: SessionMemory, end: HandshakeEnd) {
    this.refuses = tls.cert.length === 0;
    if (this.refuses) return;
    this.#server = makeServer(tls, timeout, memory, end);
    const { protocols, sessionTickets } = tls;
    // Sessions of TLS 1.3 are found by what its tickets say and never by id: Node looks them up nowhere. With a cache
    // and without tickets (for which nginx keeps them in memory) such clients get tickets whose key is in memory.
    if (!sessionTickets && memory.sessions !== undefined && protocols.includes('TLSv1.3')) {
      this.#newer = makeServer({ ...tls, sessionTickets: true }, timeout, memory, end);
    }
  }

  /** Does the handshake on a connection whose beginning can be read again. */
  accept(socket: Socket, hello: ClientHello | undefined): void {
    const server = hello?.offersTls13 === true ? (this.#newer ?? this.#server) : this.#server;
    server?.emit('connection', socket);
  }
}

function makeServer(tls: TlsServerOptions, timeout: number, memory: SessionMemory, end: HandshakeEnd): Server {
  const { verifyClient, verifyDepth } = tls;
  // It listens nowhere: connections are given to it.
  const server = createServer({
    ...serverContext(tls),
    handshakeTimeout: timeout,
    ALPNProtocols: ['http/1.1', 'http/1.0', 'http/0.9'],
    requestCert: verifyClient !== 'off',
    // What comes of a bad certificate, or of none, is an answer to the request.
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

/** A session of one server is not one of another that has other certificates or asks for other ones. */
function sessionContext({ cert, clientCa, verifyClient }: TlsServerOptions): string {
  return createHash('sha256')
    .update(JSON.stringify([cert, clientCa, verifyClient]))
    .digest('hex')
    .slice(0, 32);
}
