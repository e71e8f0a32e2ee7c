import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { isSystemError } from './listen-failure.js';
import { UsageError } from './usage-error.js';

/** PEM texts, or the names of the files that hold them. */
export interface CertificateAndKey {
  readonly cert: string;
  readonly key: string;
}

/**
 * Reads the files of `--tls-cert` and `--tls-key` and tries whether TLS can be served with them.
 *
 * @throws UsageError when one cannot be read, or they do not fit together
 */
export function readTlsFiles(files: CertificateAndKey): CertificateAndKey {
  const pem = { cert: readPem('--tls-cert', files.cert), key: readPem('--tls-key', files.key) };
  try {
    createSecureContext(pem);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new UsageError('--tls-cert', 'a certificate that fits the key of --tls-key', error.message);
  }
  return pem;
}

function readPem(flag: string, file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new UsageError(flag, 'a file that can be read', `${file} (${error.code})`);
  }
  if (!text.includes('-----BEGIN ')) throw new UsageError(flag, 'a file in PEM form', file);
  return text;
}
