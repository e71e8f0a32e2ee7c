import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Writes a self-signed certificate (ECDSA, P-256) for localhost, `cert.pem` and `key.pem`, into the folder. */
export function writeCertificate(folder: string): void {
  const args =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost';
  execFileSync('openssl', [...args.split(' '), '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')], {
    stdio: 'ignore',
  });
}
