import type { KeyObject } from 'node:crypto';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Place } from '../text/error.js';
import { ConfError } from '../text/error.js';
import type { Surroundings } from './surroundings.js';

/** Reads the files for TLS. Faults are reported in nginx's words, as far as Node passes OpenSSL's errors on. */
export class TlsFiles {
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /**
   * Reads a certificate and its key, both PEM (`ssl_certificate`). `data:` precedes a certificate that is not in a file.
   *
   * @param passphrases tried on an encrypted key
   * @throws ConfError also when the two do not belong together
   */
  pair(certificate: string, key: string, passphrases: readonly string[]): { cert: string; key: string } {
    const [certShown, keyShown] = [this.#shown(certificate), this.#shown(key)];
    const cert = this.#text(
      certificate,
      (why) => `cannot load certificate "${certShown}": BIO_new_file() failed ${why}`,
    );
    const parsed = attempt(
      () => new X509Certificate(withBegin(cert, 'CERTIFICATE', 'TRUSTED CERTIFICATE')),
      (why) => `cannot load certificate "${certShown}": PEM_read_bio_X509_AUX() failed ${why}`,
    );
    const keyText = this.#text(key, (why) => `cannot load certificate key "${keyShown}": BIO_new_file() failed ${why}`);
    const opened = attempt(
      () => openKey(keyText, passphrases),
      (why) => `cannot load certificate key "${keyShown}": PEM_read_bio_PrivateKey() failed ${why}`,
    );
    if (!parsed.checkPrivateKey(opened)) {
      const sameKind = parsed.publicKey.asymmetricKeyType === opened.asymmetricKeyType;
      const why = sameKind ? '74:x509 certificate routines::key values' : '73:x509 certificate routines::key type';
      throw new ConfError(`SSL_CTX_use_PrivateKey("${keyShown}") failed (SSL: error:058000${why} mismatch)`);
    }
    return { cert, key: keyText };
  }

  /** Reads the certificates that others are verified against (`ssl_client_certificate`). */
  authorities(path: string): string {
    const messageFor = (why: string): string => `SSL_CTX_load_verify_locations("${this.#shown(path)}") failed ${why}`;
    const text = this.#text(path, (why) =>
      messageFor(why.replace(/\)$/, ' error:05880002:x509 certificate routines::system lib)')),
    );
    if (!text.includes('BEGIN')) throw new ConfError(messageFor(NOTHING_FOUND));
    attempt(() => new X509Certificate(text), messageFor);
    return text;
  }

  /** `proxy_ssl_crl`. */
  crl(path: string): string {
    const messageFor = (why: string): string => `X509_LOOKUP_load_file("${this.#shown(path)}") failed ${why}`;
    const text = this.#text(path, (why) =>
      messageFor(why.replace(/\)$/, ' error:05880002:x509 certificate routines::system lib)')),
    );
    if (!text.includes('BEGIN X509 CRL')) throw new ConfError(messageFor(NOTHING_FOUND));
    attempt(() => createSecureContext({ crl: text }), messageFor);
    return text;
  }

  /** `ssl_dhparam`. */
  dhparam(path: string): string {
    const text = this.#text(path, (why) => `BIO_new_file("${this.#shown(path)}") failed ${why}`);
    return attempt(
      () => withBegin(text, 'DH PARAMETERS'),
      (why) => `PEM_read_bio_DHparams("${this.#shown(path)}") failed ${why}`,
    );
  }

  /** Reads an `ssl_password_file`, one password per line. @param place of the directive */
  passwords(path: string | undefined, place: Place | undefined): readonly string[] {
    if (path === undefined) return [];
    try {
      return this.#around
        .readFile(path)
        .split(/\r?\n/)
        .filter((line) => line !== '');
    } catch (error) {
      throw new ConfError(error instanceof Error ? error.message : String(error), place);
    }
  }

  #shown(path: string): string {
    return path.startsWith('data:') ? path : (this.#around.pathOf?.(path) ?? path);
  }

  /** @param messageFor returns the message for a reason */
  #text(path: string, messageFor: (why: string) => string): string {
    if (path.startsWith('data:')) return path.slice('data:'.length);
    try {
      return this.#around.readFile(path);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new ConfError(messageFor(fopenFailure(message)));
    }
  }
}

const NOTHING_FOUND = '(SSL: error:05800088:x509 certificate routines::no certificate or crl found)';

/** @throws ConfError when OpenSSL refuses the list (`ssl_ciphers`) */
export function checkCiphers(list: string): string {
  attempt(
    // The suites of TLS 1.3 are separate in OpenSSL, while Node expects them in the same list.
    () => createSecureContext({ ciphers: list, maxVersion: 'TLSv1.2' }),
    (why) => `SSL_CTX_set_cipher_list("${list}") failed ${why}`,
  );
  return list;
}

/** Runs `act` and turns an error of OpenSSL into a ConfError. */
function attempt<T>(act: () => T, messageFor: (why: string) => string): T {
  try {
    return act();
  } catch (error) {
    throw new ConfError(messageFor(`(SSL: ${error instanceof Error ? error.message : String(error)})`));
  }
}

function withBegin(text: string, label: string, expected = label): string {
  if (text.includes(`-----BEGIN ${label}-----`) || text.includes(`-----BEGIN ${expected}-----`)) return text;
  throw new Error(`error:0480006C:PEM routines::no start line:Expecting: ${expected}`);
}

function openKey(text: string, passphrases: readonly string[]): KeyObject {
  if (!text.includes('-----BEGIN ')) {
    throw new Error('error:1E08010C:DECODER routines::unsupported:No supported data to decode. Input type: PEM');
  }
  let problem: unknown;
  for (const passphrase of passphrases.length > 0 ? passphrases : ['']) {
    try {
      return createPrivateKey({ key: text, passphrase });
    } catch (error) {
      problem = error;
    }
  }
  throw problem;
}

/** OpenSSL's message for a file that cannot be opened. @param message the system's message, in nginx's words */
function fopenFailure(message: string): string {
  const [, path = '', number = '', text = ''] = /^open\(\) "([^]*)" failed \((\d+): ([^]*)\)$/.exec(message) ?? [];
  if (number === '') return `(${message})`;
  const code = (0x80_00_00_00 + Number(number)).toString(16).toUpperCase();
  const then = number === '2' ? 'error:10000080:BIO routines::no such file' : 'error:10080002:BIO routines::system lib';
  return `(SSL: error:${code}:system library::${text}:calling fopen(${path}, r) ${then})`;
}
