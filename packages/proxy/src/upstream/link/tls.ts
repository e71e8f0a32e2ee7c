import type { TcpNetConnectOpts } from 'node:net';
import { isIP } from 'node:net';
import type { PeerCertificate, SecureContext, TLSSocket } from 'node:tls';
import { checkServerIdentity, connect, createSecureContext } from 'node:tls';
import type { Peer } from '../peer.js';
import { openedKey, versionsAndCiphers } from '../../tls/context.js';
import type { UpstreamTlsOptions } from '../../options/tls.js';

/** TLS to the peers of one upstream: its settings, and the TLS sessions to resume. */
export class UpstreamTls {
  readonly #options: UpstreamTlsOptions;
  readonly #context: SecureContext;
  /** Name without port. */
  readonly #name: string;
  readonly #sessions = new Map<Peer, Buffer>();

  /** @throws OpenSSL's error for an invalid certificate, key or cipher list */
  constructor(options: UpstreamTlsOptions) {
    const { cert, key, ca, crl } = options;
    this.#options = options;
    this.#name = withoutPort(options.name);
    this.#context = createSecureContext({
      ...versionsAndCiphers(options.protocols, options.ciphers),
      ca: ca ?? [],
      ...(crl !== undefined && { crl }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key: openedKey(key, options.passphrases) }),
    });
  }

  /**
   * Opens a connection to the peer; the socket emits `secureConnect` or `error`.
   *
   * @param name expected name in place of that of the options; TLS sessions are then not resumed
   */
  connect(peer: Peer, where: TcpNetConnectOpts, name?: string): TLSSocket {
    const { sendName, verify, sessionReuse } = this.#options;
    const reuse = sessionReuse && name === undefined;
    const session = reuse ? this.#sessions.get(peer) : undefined;
    const expected = name === undefined ? this.#name : withoutPort(name);
    const socket = connect({
      ...where,
      secureContext: this.#context,
      servername: sendName && isServerName(expected) ? expected : '',
      rejectUnauthorized: verify,
      checkServerIdentity: (_host, certificate) => this.#check(expected, certificate),
      ...(session !== undefined && { session }),
    });
    if (reuse) socket.on('session', (fresh: Buffer) => this.#sessions.set(peer, fresh));
    // The peer may have refused the resumed session: the next handshake does without it.
    socket.once('error', () => this.#sessions.delete(peer));
    return socket;
  }

  #check(name: string, certificate: PeerCertificate): Error | undefined {
    const problem = checkServerIdentity(name, certificate);
    if (problem !== undefined) return problem;
    const { length } = chainOf(certificate);
    return length - 2 > this.#options.verifyDepth ? new Error('certificate chain too long') : undefined;
  }
}

function withoutPort(name: string): string {
  return name.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

type Chained = PeerCertificate & { readonly issuerCertificate?: Chained };

/** The certificate, the intermediates, and the trusted root. */
function chainOf(certificate: Chained): readonly Chained[] {
  const chain: Chained[] = [];
  for (let one: Chained | undefined = certificate; one !== undefined && !chain.includes(one);) {
    chain.push(one);
    one = one.issuerCertificate;
  }
  return chain;
}

/** True for a name that may be sent as SNI (RFC 6066 3: no addresses). */
function isServerName(name: string): boolean {
  return isIP(name.replace(/^\[|\]$/g, '')) === 0;
}
