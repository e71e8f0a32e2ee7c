import type { Socket } from 'node:net';
import type { DetailedPeerCertificate } from 'node:tls';
import { TLSSocket } from 'node:tls';
import { ProxyError } from '../errors.js';
import type { RecentMap } from '../net/recent-map.js';
import type { VerifyClient } from '../options/tls.js';

/** OpenSSL's texts for the faults of a certificate, by Node's code. */
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

/** Faults that `optional_no_ca` accepts. */
const NO_CA = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
]);

/** The server name of the handshake, for connections whose server was chosen by it. */
const negotiated = new WeakMap<TLSSocket, string>();

/** Notes that a server was chosen by the name of the handshake: its requests have to be for that name. */
export function rememberName(socket: TLSSocket, name: string): void {
  negotiated.set(socket, name);
}

/** Connections whose client has a valid certificate with too long a chain (nginx: `ssl_verify_depth`). */
const tooDeep = new WeakSet<TLSSocket>();

/**
 * Checks the length of the chain of a client's certificate. Must be called before `getPeerX509Certificate`, after which
 * Node no longer returns the chain.
 *
 * @param depth most certificates between the client's and the trusted root
 * @param known lengths of chains by fingerprint, for resumed sessions, which carry no chain
 */
export function judgeChain(socket: TLSSocket, depth: number, known: RecentMap<number>): void {
  const certificate = socket.getPeerCertificate(true);
  const { fingerprint256 } = certificate;
  if (!socket.authorized || typeof fingerprint256 !== 'string') return;
  const shown = between(certificate);
  const count = socket.isSessionReused() ? (known.use(fingerprint256) ?? shown) : shown;
  if (!socket.isSessionReused() && shown !== undefined) known.set(fingerprint256, shown);
  // An unknown chain counts as too long.
  if (count === undefined || count > depth) tooDeep.add(socket);
}

/** Node's code for the fault of the client's certificate; undefined for a valid one. */
function problemOf(socket: TLSSocket): string | undefined {
  // OpenSSL stops at the allowed depth and then reports that it has not found the issuer.
  if (socket.authorized) return tooDeep.has(socket) ? 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' : undefined;
  // The type says Error; Node sets the code as a string.
  return String(socket.authorizationError);
}

/** The value of `$ssl_client_verify`: `SUCCESS`, `NONE`, or `FAILED:reason`. */
export function verifyResult(socket: TLSSocket): string {
  if (socket.getPeerX509Certificate() === undefined) return 'NONE';
  const problem = problemOf(socket);
  return problem === undefined ? 'SUCCESS' : `FAILED:${PROBLEMS[problem] ?? problem}`;
}

/**
 * Checks the client's certificate as the server requires it (nginx: `ssl_verify_client`).
 *
 * @param host host of the request, lower case, without port
 * @throws ProxyError `misdirected`, `client_certificate` or `no_client_certificate`
 */
export function requireCertificate(socket: Socket, host: string, verify: VerifyClient): void {
  if (!(socket instanceof TLSSocket)) return;
  const named = negotiated.get(socket);
  // The handshake was made for another server, which may not have asked for a certificate.
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

/** The number of intermediates between a certificate and the trusted root; undefined when the chain is incomplete. */
function between(certificate: DetailedPeerCertificate): number | undefined {
  let one = certificate;
  for (let length = 1; ; length++) {
    const { issuerCertificate: issuer } = one;
    if (issuer?.fingerprint256 === undefined) return undefined;
    if (issuer === one || issuer.fingerprint256 === one.fingerprint256) return Math.max(0, length - 2);
    one = issuer;
  }
}
