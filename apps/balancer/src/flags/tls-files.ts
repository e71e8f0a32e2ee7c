import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { isSystemError, UsageError } from '@pinwheel/cli';

/** PEM texts, or the names of the files that hold them. */
export interface CertificateAndKey {
  readonly cert: string;
  readonly key: string;
}

/**
 * Reads the files of `--tls-cert` and `--tls-key` and checks that TLS can be served with them.
 *
 * @throws UsageError when a file cannot be read, or certificate and key do not fit together
 */
export function readTlsFiles(files: CertificateAndKey): CertificateAndKey {
  const pem = { cert: readPem('--tls-cert', files.cert), key: readPem('--tls-key', files.key) };
  try {
    createSecureContext(pem);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new UsageError(`--tls-cert does not fit --tls-key: ${error.message}`, { cause: error });
  }
  return pem;
}

function readPem(flag: string, file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new UsageError(`${flag}: ${file} cannot be read (${error.code})`, { cause: error });
  }
  if (!text.includes('-----BEGIN ')) throw new UsageError(`${flag}: ${file} is not a PEM file`);
  return text;
}
