import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate with its key, both PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateWishes {
  /** OpenSSL's form: `/O=Test/CN=name`. */
  readonly subject: string;
  /** The issuer; self-signed when absent. */
  readonly issuer?: Certificate;
  /** True for an authority, which may sign others. Default false. */
  readonly isAuthority?: boolean;
  /** Default ECDSA with P-256. */
  readonly rsa?: boolean;
  /** DNS names of the certificate. */
  readonly names?: readonly string[];
  /** Password of the key; unencrypted when absent. */
  readonly passphrase?: string;
  /** Default 2. */
  readonly days?: number;
}

function inFolder<T>(use: (path: (name: string) => string, run: (args: readonly string[]) => void) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'pinwheel-cert-'));
  try {
    return use(
      (name) => join(folder, name),
      (args) => void execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: folder }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Makes a certificate with the `openssl` command. */
export function makeCertificate(wishes: CertificateWishes): Certificate {
  const { subject, issuer, isAuthority = false, rsa = false, names = [], passphrase, days = 2 } = wishes;
  return inFolder((path, run) => {
    const kind = rsa ? ['rsa:2048'] : ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
    const lock = passphrase === undefined ? ['-nodes'] : ['-passout', `pass:${passphrase}`];
    const own = ['-utf8', '-subj', subject, '-newkey', ...kind, ...lock, '-keyout', path('key')];
    const extensions = [
      `basicConstraints=critical,CA:${isAuthority ? 'TRUE' : 'FALSE'}`,
      ...(isAuthority ? ['keyUsage=keyCertSign,cRLSign,digitalSignature'] : []),
      ...(names.length === 0 ? [] : [`subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`]),
    ];
    if (issuer === undefined) {
      const added = extensions.flatMap((one) => ['-addext', one]);
      run(['req', '-x509', ...own, '-days', String(days), ...added, '-out', path('cert')]);
    } else {
      writeFileSync(path('issuer.cert'), issuer.cert);
      writeFileSync(path('issuer.key'), issuer.key);
      writeFileSync(path('extensions'), extensions.join('\n'));
      run(['req', '-new', ...own, '-out', path('request')]);
      const by = ['-CA', path('issuer.cert'), '-CAkey', path('issuer.key'), '-CAcreateserial'];
      const to = ['-days', String(days), '-extfile', path('extensions'), '-out', path('cert')];
      run(['x509', '-req', '-in', path('request'), ...by, ...to]);
    }
    return { cert: readFileSync(path('cert'), 'utf8'), key: readFileSync(path('key'), 'utf8') };
  });
}

/** The revocation list (CRL) of an authority, PEM. */
export function revocationList(authority: Certificate, revoked: readonly Certificate[]): string {
  return inFolder((path, run) => {
    writeFileSync(path('ca.cert'), authority.cert);
    writeFileSync(path('ca.key'), authority.key);
    writeFileSync(path('index'), '');
    writeFileSync(path('number'), '01');
    const section = 'database=index\ncrlnumber=number\ndefault_md=sha256\ndefault_crl_days=2';
    writeFileSync(path('conf'), `[ca]\ndefault_ca=one\n[one]\n${section}\n`);
    const by = ['-config', path('conf'), '-cert', path('ca.cert'), '-keyfile', path('ca.key')];
    for (const [i, { cert }] of revoked.entries()) {
      writeFileSync(path(`revoked${i}`), cert);
      run(['ca', ...by, '-revoke', path(`revoked${i}`)]);
    }
    run(['ca', ...by, '-gencrl', '-out', path('crl')]);
    return readFileSync(path('crl'), 'utf8');
  });
}
