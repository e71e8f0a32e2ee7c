import type { ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import { until } from '@pinwheel/testing/until';
import { makeCertificate } from './certificates.js';
import { isMissing, Recipe } from './recipe.js';
import type { Runner } from './recipe.js';
import { bodyOf, get, handshake } from './tls-client.js';

const NAMES = `protocol cipher server_name session_reused alpn_protocol early_data client_verify
  client_serial client_fingerprint client_s_dn client_i_dn client_v_start
  client_v_end client_v_remain client_escaped_cert`
  .trim()
  .split(/\s+/);
const SHOWN = NAMES.map((name) => `${name}=$ssl_${name}|`).join('');

const authority = makeCertificate({ subject: '/O=Test/CN=authority', isAuthority: true });
const server = makeCertificate({ subject: '/CN=server' });
const client = makeCertificate({
  subject: '/C=DE/O=A, "B"; <D>/OU=#Zürich \u20ac +L=two\\+x+ST=y/CN=client=1/emailAddress=a@b.test',
  issuer: authority,
});
const multiple = makeCertificate({ subject: '/O=Ö\\/x\\\\y/CN=stranger' });
const FILES = {
  'conf/server.pem': server.cert,
  'conf/server.key': server.key,
  'conf/authority.pem': authority.cert,
};

/** Both run the same file at once. */
const running = new Map<Runner, { recipe: Recipe; port: number }>();
const BOTH: readonly Runner[] = ['pinwheel', 'nginx'];

async function start(runner: Runner): Promise<void> {
  const port = await freePort();
  const recipe = await Recipe.start(
    runner,
    `events { } http { log_format one '${SHOWN} $ssl_client_raw_cert'; access_log logs/one.log one;
      server { listen ${port} ssl; server_name one.test; ssl_certificate server.pem; ssl_certificate_key server.key;
        ssl_client_certificate authority.pem; ssl_verify_client optional_no_ca;
        ssl_protocols TLSv1.2 TLSv1.3;
        location / { return 200 "${SHOWN}"; }
        location /cert { return 200 "$ssl_client_cert|$ssl_client_raw_cert"; } } }`,
    port,
    FILES,
  );
  running.set(runner, { recipe, port });
}

/** The answers of both. They are requested again if the number of remaining days has changed in between. */
async function answers(ask: (port: number) => Promise<string>): Promise<readonly string[]> {
  const once = (): Promise<readonly string[]> => Promise.all(BOTH.map((runner) => ask(running.get(runner)?.port ?? 0)));
  const both = await once();
  const days = both.map((answer) => /client_v_remain=(\d*)/.exec(answer)?.[1]);
  return days[0] === days[1] ? both : once();
}

const CLIENTS: readonly (readonly [string, ConnectionOptions])[] = [
  ['nothing in particular', {}],
  ['TLS 1.2 and no name', { maxVersion: 'TLSv1.2', servername: '' }],
  ['a name in other letters', { servername: 'ONE.test.' }],
  ['a protocol', { ALPNProtocols: ['h2', 'http/1.1'] }],
  ['few groups and ciphers', { ecdhCurve: 'P-256:X25519', ciphers: 'AES128-SHA:ECDHE-ECDSA-AES128-GCM-SHA256' }],
  ['a certificate', client],
  ['a certificate over TLS 1.2', { ...client, maxVersion: 'TLSv1.2' }],
  ['a certificate of its own', multiple],
];

describe('the variables of a TLS connection', () => {
  beforeAll(async () => {
    if (!isMissing('nginx')) await Promise.all(BOTH.map(start));
  });
  afterAll(async () => {
    await Promise.all([...running.values()].map(({ recipe }) => recipe.stop()));
  });

  test.skipIf(isMissing('nginx')).each(CLIENTS)(
    'TLS variables equal those of nginx for a client with %s (nginx: apt-get install nginx)',
    async (_, options) => {
      const [ours, theirs] = await answers(async (port) => bodyOf(await get(port, 'one.test', options)));
      expect(ours?.split('|')).toEqual(theirs?.split('|'));
      expect(ours).toMatch(/client_v_remain=[12]?\|/);
    },
  );

  test.skipIf(isMissing('nginx'))('TLS variables contain the whole certificate as in nginx', async () => {
    const [ours, theirs] = await answers(async (port) => {
      const socket = await handshake(port, { ...client, servername: 'one.test' });
      socket.end('GET /cert HTTP/1.0\r\nHost: one.test\r\n\r\n');
      const pieces: Buffer[] = await socket.toArray();
      return bodyOf(Buffer.concat(pieces).toString('latin1'));
    });
    expect(ours).toContain('BEGIN CERTIFICATE');
    expect(ours).toBe(theirs);
  });

  test.skipIf(isMissing('nginx'))('TLS variables are logged as by nginx', async () => {
    const logged = await Promise.all(
      BOTH.map(async (runner) => {
        const { recipe, port } = running.get(runner) ?? {};
        await get(port ?? 0, 'logged.test', client);
        await until('the line in the log', () => recipe?.read('logs/one.log').includes('=logged.test|') === true);
        return recipe
          ?.read('logs/one.log')
          .split('\n')
          .find((line) => line.includes('=logged.test|'));
      }),
    );
    expect(logged[0]).toContain('BEGIN CERTIFICATE');
    expect(logged[0]).toBe(logged[1]);
  });
});
