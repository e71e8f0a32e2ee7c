import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { cipherName, groupName } from './cipher-names.js';
import { verifyResult } from './client-certificate.js';
import type { ClientHello } from './client-hello.js';
import { underlayOf } from '@pinwheel/raw-socket';
import { onelineName, rfc2253Name } from './distinguished-name.js';
import type { TlsFact } from '../facts.js';

/** Seconds. */
const DAY = 86_400;

function now(): number {
  return Math.floor(Date.now() / 1_000);
}

/** What clients have offered, by the connection below TLS. */
const hellos = new WeakMap<Socket, ClientHello>();

/** @param below the connection that TLS is spoken over */
export function rememberHello(below: Socket, hello: ClientHello): void {
  hellos.set(below, hello);
}

function helloOf(socket: TLSSocket): ClientHello | undefined {
  const below = underlayOf(socket);
  return below === undefined ? undefined : hellos.get(below);
}

/** What a `$ssl_*` variable shows of the connection; undefined without TLS, and for what there is not. */
export function tlsFact(socket: Socket, fact: TlsFact): string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  switch (fact) {
    case 'protocol':
      return socket.getProtocol() ?? undefined;
    case 'cipher':
      return socket.getCipher().name;
    case 'server_name': {
      const { servername } = socket as TLSSocket & { servername?: string | false | null };
      return typeof servername === 'string' && servername !== '' ? servername : undefined;
    }
    case 'ciphers':
      return helloOf(socket)?.ciphers.map(cipherName).join(':');
    case 'curves':
      return helloOf(socket)?.groups.map(groupName).join(':');
    case 'session_id':
      return sessionId(socket.getSession());
    case 'session_reused':
      return socket.isSessionReused() ? 'r' : '.';
    case 'alpn_protocol':
      return typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : undefined;
    case 'client_verify':
      return verifyResult(socket);
    default: {
      const certificate = socket.getPeerX509Certificate();
      return certificate === undefined ? undefined : certificateFact(certificate, fact);
    }
  }
}

function certificateFact(certificate: X509Certificate, fact: TlsFact): string | undefined {
  switch (fact) {
    case 'client_serial':
      return certificate.serialNumber;
    case 'client_fingerprint':
      return certificate.fingerprint.replaceAll(':', '').toLowerCase();
    case 'client_s_dn':
      return rfc2253Name(certificate.subject);
    case 'client_i_dn':
      return rfc2253Name(certificate.issuer);
    case 'client_s_dn_legacy':
      return onelineName(certificate.subject);
    case 'client_i_dn_legacy':
      return onelineName(certificate.issuer);
    case 'client_v_start':
      return certificate.validFrom;
    case 'client_v_end':
      return certificate.validTo;
    case 'client_v_remain':
      return String(Math.max(0, Math.floor((Date.parse(certificate.validTo) / 1_000 - now()) / DAY)));
    case 'client_cert':
      return certificate.toString().trimEnd().replaceAll('\n', '\n\t');
    case 'client_raw_cert':
      return certificate.toString();
    case 'client_escaped_cert':
      return encodeURIComponent(certificate.toString());
    default:
      return undefined;
  }
}

/**
 * The id in a session of OpenSSL's form, in hexadecimal digits: SEQUENCE { INTEGER, INTEGER, cipher OCTET STRING, id
 * OCTET STRING, ... } in DER.
 */
export function sessionId(session: Buffer | undefined): string | undefined {
  if (session === undefined) return undefined;
  let [at] = contentOf(session, 0);
  for (let i = 0; i < 3; i++) at = contentOf(session, at)[1];
  const [start, end] = contentOf(session, at);
  return start === end ? undefined : session.toString('hex', start, end);
}

/** Where the content of the DER element at `at` begins and ends. */
function contentOf(der: Buffer, at: number): readonly [start: number, end: number] {
  const first = der[at + 1] ?? 0;
  if (first < 0x80) return [at + 2, at + 2 + first];
  const size = first & 0x7f;
  const start = at + 2 + size;
  return [start, start + (size > 0 && size <= 4 && start <= der.length ? der.readUIntBE(at + 2, size) : 0)];
}
