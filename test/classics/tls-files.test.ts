import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nginxPath } from '@pinwheel/testing/nginx-process';
import { freePort } from '@pinwheel/testing/ports';
import { makeCertificate } from './certificates.js';
import { isMissing, Recipe } from './recipe.js';
import { shownName } from './tls-client.js';

const BALANCER = join(dirname(createRequire(import.meta.url).resolve('@pinwheel/balancer')), 'main.js');
const good = makeCertificate({ subject: '/CN=good' });
const other = makeCertificate({ subject: '/CN=other' });
const rsa = makeCertificate({ subject: '/CN=rsa', rsa: true });
const FILES: Readonly<Record<string, string>> = {
  'conf/good.pem': good.cert,
  'conf/good.key': good.key,
  'conf/other.key': other.key,
  'conf/junk': 'junk\n',
  'conf/cut.pem': good.cert.slice(0, 300),
};
const GOOD = 'ssl_certificate good.pem; ssl_certificate_key good.key;';
const UPSTREAM = 'proxy_pass https://127.0.0.1:1; proxy_ssl_verify on;';

/** Servers whose directives are refused. */
const BROKEN: readonly string[] = [
  'ssl_certificate nothing.pem; ssl_certificate_key good.key;',
  'ssl_certificate junk; ssl_certificate_key good.key;',
  'ssl_certificate cut.pem; ssl_certificate_key good.key;',
  'ssl_certificate good.pem; ssl_certificate_key nothing.key;',
  'ssl_certificate good.pem; ssl_certificate_key other.key;',
  `${GOOD} ssl_password_file nothing;`,
  `${GOOD} ssl_dhparam junk;`,
  `${GOOD} ssl_ciphers nonsense;`,
  `${GOOD} ssl_client_certificate nothing; ssl_verify_client on;`,
  `${GOOD} location / { ${UPSTREAM} proxy_ssl_trusted_certificate good.pem; proxy_ssl_crl junk; }`,
];

describe('unusable files for TLS', () => {
  let prefix = '';
  beforeAll(() => {
    prefix = mkdtempSync(join(tmpdir(), 'pinwheel-tls-files-'));
    for (const folder of ['conf', 'logs']) mkdirSync(join(prefix, folder));
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(prefix, name), text);
  });
  afterAll(() => rmSync(prefix, { recursive: true }));

  /** The first line with `[emerg]` of a test of the configuration. */
  function complaint(command: string, args: readonly string[]): string | undefined {
    const common = ['-t', '-p', prefix, '-c', 'conf/nginx.conf', '-e', 'logs/error.log'];
    const { stderr } = spawnSync(command, [...args, ...common], { encoding: 'utf8', timeout: 20_000 });
    return /\[emerg\].*/.exec(stderr)?.[0];
  }

  test.skipIf(isMissing('nginx')).each(BROKEN)('an unusable file is reported in nginx’s words: %s', (directives) => {
    const file = `pid logs/pid; events { } http { access_log off; server { listen 127.0.0.1:1 ssl; ${directives} } }`;
    writeFileSync(join(prefix, 'conf/nginx.conf'), file);
    const theirs = complaint(nginxPath ?? 'nginx', []);
    expect(theirs).toBeDefined();
    expect(complaint(process.execPath, [BALANCER])).toBe(theirs);
  });
});

describe('certificates', () => {
  test('certificates may be in the configuration itself, and are read again at each reload', async () => {
    const port = await freePort();
    const conf = (certificate: string, key: string): string =>
      `events { } http { access_log off; server { listen ${port} ssl; ssl_certificate ${certificate};
        ssl_certificate_key ${key}; } }`;
    const inline = conf(`"data:${good.cert}"`, `"data:${good.key}"`);
    const recipe = await Recipe.start('pinwheel', inline, port, { 'conf/now.pem': rsa.cert, 'conf/now.key': rsa.key });
    try {
      expect(await shownName(port)).toBe('good');
      const files = conf('now.pem', 'now.key');
      await recipe.reload(files);
      await expect.poll(() => shownName(port), { timeout: 8_000 }).toBe('rsa');
      writeFileSync(join(recipe.prefix, 'conf/now.pem'), other.cert);
      await recipe.reload(files);
      // The key does not match yet, so the old configuration stays.
      await recipe.has('logs/error.log', 'SSL_CTX_use_PrivateKey("');
      expect(await shownName(port)).toBe('rsa');
      writeFileSync(join(recipe.prefix, 'conf/now.key'), other.key);
      await recipe.reload(files);
      await expect.poll(() => shownName(port), { timeout: 8_000 }).toBe('other');
    } finally {
      await recipe.stop();
    }
  });
});
