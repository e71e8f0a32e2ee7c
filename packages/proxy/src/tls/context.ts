import { constants, createPrivateKey } from 'node:crypto';
import type { SecureContextOptions, SecureVersion } from 'node:tls';
import type { TlsServerOptions, TlsVersion } from '../options/tls.js';

const VERSIONS: readonly TlsVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
const WITHOUT: Readonly<Record<TlsVersion, number>> = {
  TLSv1: constants.SSL_OP_NO_TLSv1,
  'TLSv1.1': constants.SSL_OP_NO_TLSv1_1,
  'TLSv1.2': constants.SSL_OP_NO_TLSv1_2,
  'TLSv1.3': constants.SSL_OP_NO_TLSv1_3,
};
/**
 * Node disables TLS 1.3 when the cipher list names none of its suites (https://github.com/nodejs/node/issues/43419), and the
 * lists of nginx's `ssl_ciphers` never name one.
 */
const SUITES = 'TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';

/** Versions and ciphers as options of Node. @param protocols at least one */
export function versionsAndCiphers(protocols: readonly TlsVersion[], ciphers: string): SecureContextOptions {
  const chosen = VERSIONS.filter((version) => protocols.includes(version));
  const lowest: SecureVersion = chosen[0] ?? 'TLSv1.2';
  const highest: SecureVersion = chosen.at(-1) ?? 'TLSv1.3';
  let without = 0;
  for (const version of VERSIONS) if (!chosen.includes(version)) without |= WITHOUT[version];
  return {
    minVersion: lowest,
    maxVersion: highest,
    ciphers: highest === 'TLSv1.3' ? `${SUITES}:${ciphers}` : ciphers,
    secureOptions: without,
  };
}

/** The key in PEM without encryption: the first passphrase that fits opens it. @throws OpenSSL's error when none fits */
export function openedKey(pem: string, passphrases: readonly string[] = []): string {
  if (!pem.includes('ENCRYPTED')) return pem;
  let problem: unknown;
  for (const passphrase of passphrases.length > 0 ? passphrases : ['']) {
    try {
      return createPrivateKey({ key: pem, passphrase }).export({ type: 'pkcs8', format: 'pem' }).toString();
    } catch (error) {
      problem = error;
    }
  }
  throw problem;
}

/** The TLS settings of a server as options of Node. @throws OpenSSL's error for a key that cannot be opened */
export function serverContext(tls: TlsServerOptions): SecureContextOptions {
  const { protocols, ciphers, sessionTickets, preferServerCiphers } = tls;
  const shared = versionsAndCiphers(protocols, ciphers);
  let secureOptions = shared.secureOptions ?? 0;
  if (!sessionTickets) secureOptions |= constants.SSL_OP_NO_TICKET;
  if (preferServerCiphers) secureOptions |= constants.SSL_OP_CIPHER_SERVER_PREFERENCE;
  return {
    ...shared,
    secureOptions,
    cert: [tls.cert].flat(),
    key: [tls.key].flat().map((key) => openedKey(key, tls.passphrases)),
    honorCipherOrder: preferServerCiphers,
    sessionTimeout: tls.sessionTimeout,
    // An empty list, because Node's default trusts every public authority to certify clients.
    ca: tls.clientCa ?? [],
    ...(tls.dhparam !== undefined && { dhparam: tls.dhparam }),
  };
}
