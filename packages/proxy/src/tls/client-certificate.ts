import type { Socket } from 'node:net';
import type { DetailedPeerCertificate } from 'node:tls';
import { TLSSocket } from 'node:tls';
import { ProxyError } from '../errors.js';
import type { RecentMap } from '../net/recent-map.js';
import type { VerifyClient } from '../options/tls.js';

/** OpenSSL's words for what can be wrong with a certificate. */
const PROBLEMS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self-signed certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'self-signed certificate in certificate chain',
  UNABLE_TO_GET_ISSUER_CERT: 'unable to get issuer certificate',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unable to get local issuer certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unable to verify the first certificate',
  CERT_SIGNATURE_FAILURE: 'certificate signature failure',
  CERT_NOT_YET_VALID: 'certificate is not yet valid',
  CERT_HAS_EXPIRED: 'certificate has expired',
  CERT_REVOKED: 'certificate revoked',
  CERT_CHAIN_TOO_LONG: 'certificate chain too long',
  INVALID_CA: 'invalid CA certificate',
  PATH_LENGTH_EXCEEDED: 'path length constraint exceeded',
  INVALID_PURPOSE: 'unsuitable certificate purpose',
  CERT_UNTRUSTED: 'certificate not trusted',
  CERT_REJECTED: 'certificate rejected',
};

/** What `optional_no_ca` lets pass. */
const NO_CA = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
]);

/** The name of the handshake, for connections whose server was found by it. */
export const negotiated = new WeakMap<TLSSocket, string>();

/** Connections whose client showed a good certificate that too many others stand behind. */
const tooDeep = new WeakSet<TLSSocket>();

/**
 * Judges how long the chain of a client's certificate is. To be asked first of all: once Node has given the certificate as
 * an X509Certificate it gives the chain no more.
 *
 * @param depth certificates between the client's and the one it is trusted for, at most
 * @param known by fingerprint, for sessions that are resumed
 */
export function judgeChain(socket: TLSSocket, depth: number, known: RecentMap<number>): void {
  const certificate = socket.getPeerCertificate(true);
  const { fingerprint256 } = certificate;
  if (!socket.authorized || typeof fingerprint256 !== 'string') return;
  const shown = between(certificate);
  const count = socket.isSessionReused() ? (known.use(fingerprint256) ?? shown) : shown;
  if (!socket.isSessionReused() && shown !== undefined) known.set(fingerprint256, shown);
  // Where nothing is known of the chain it is not taken for a short one.
  if (count === undefined || count > depth) tooDeep.add(socket);
}

/** Code of what is wrong with the certificate the client has shown; undefined for nothing. */
function problemOf(socket: TLSSocket): string | undefined {
  // OpenSSL looks no further than it may, and then has not found who is trusted.
  if (socket.authorized) return tooDeep.has(socket) ? 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' : undefined;
  // Typed as an Error; what comes is its code.
  return String(socket.authorizationError);
}

/** `$ssl_client_verify`. */
export function verifyResult(socket: TLSSocket): string {
  if (socket.getPeerX509Certificate() === undefined) return 'NONE';
  const problem = problemOf(socket);
  return problem === undefined ? 'SUCCESS' : `FAILED:${PROBLEMS[problem] ?? problem}`;
}

/**
 * Checks what a server asks of its clients.
 *
 * @param host of the request, lower case, without port
 * @throws ProxyError `misdirected`, `client_certificate` or `no_client_certificate`
 */
export function requireCertificate(socket: Socket, host: string, verify: VerifyClient): void {
  if (!(socket instanceof TLSSocket)) return;
  const named = negotiated.get(socket);
  // Another server's handshake may not have asked for a certificate at all.
  if (named !== undefined && host !== '' && named !== host) {
    throw new ProxyError('misdirected', `"${host}", not "${named}"`);
  }
  if (socket.getPeerX509Certificate() === undefined) {
    if (verify === 'on') throw new ProxyError('no_client_certificate');
    return;
  }
  const problem = problemOf(socket);
  if (problem === undefined || (verify === 'optional_no_ca' && NO_CA.has(problem))) return;
  throw new ProxyError('client_certificate', PROBLEMS[problem] ?? problem);
}

/** Certificates between that of the other side and the one it is trusted for; undefined when the chain is not all there. */
function between(certificate: DetailedPeerCertificate): number | undefined {
  let one = certificate;
  for (let length = 1; ; length++) {
    const { issuerCertificate: issuer } = one;
    if (issuer?.fingerprint256 === undefined) return undefined;
    if (issuer === one || issuer.fingerprint256 === one.fingerprint256) return Math.max(0, length - 2);
    one = issuer;
  }
}
