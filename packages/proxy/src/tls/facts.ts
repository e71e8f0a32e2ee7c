import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { verifyResult } from './client-certificate.js';
import type { TlsFact } from '../facts.js';

/** Seconds in a day. */
const DAY = 86_400;

function now(): number {
  return Math.floor(Date.now() / 1_000);
}

/** The value of a `$ssl_*` variable; undefined without TLS, and when the session does not have it. */
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
 * A subject or issuer in the form of RFC 2253: the most specific part first, bytes beyond ASCII as `\` and two digits.
 *
 * @param lines Node's form: one line per part, the most general first; several values of a part are joined by ` + `
 */
function rfc2253Name(lines: string): string {
  const parts = lines.split('\n').map((line) => line.split(/(?<!\\) \+ /));
  return parts
    .toReversed()
    .map((values) => values.toReversed().join('+'))
    .join(',')
    .replace(/[\x80-\u{10ffff}]/gu, escapedBytes);
}

function escapedBytes(character: string): string {
  return Array.from(Buffer.from(character), (byte) => `\\${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
