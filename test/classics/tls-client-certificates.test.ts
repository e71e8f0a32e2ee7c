import type { ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import { until } from '@pinwheel/testing/until';
import type { Certificate } from './certificates.js';
import { makeCertificate } from './certificates.js';
import { isMissing, Recipe, RUNNERS } from './recipe.js';
import { bodyOf, exchange, get } from './tls-client.js';

const server = makeCertificate({ subject: '/CN=server' });
const root = makeCertificate({ subject: '/CN=root', isAuthority: true });
const middle = makeCertificate({ subject: '/CN=middle', isAuthority: true, issuer: root });
const deep = makeCertificate({ subject: '/CN=deep', isAuthority: true, issuer: middle });
const foreign = makeCertificate({ subject: '/CN=foreign', isAuthority: true });
const FILES = { 'conf/server.pem': server.cert, 'conf/server.key': server.key, 'conf/root.pem': root.cert };

/** The certificate of a client, with its chain. */
function client(issuer: Certificate | undefined, ...between: readonly Certificate[]): ConnectionOptions {
  const { cert, key } = makeCertificate({ subject: '/CN=client', ...(issuer && { issuer }) });
  return { cert: cert + between.map((one) => one.cert).join(''), key };
}

const CLIENTS: Readonly<Record<string, ConnectionOptions>> = {
  none: {},
  near: client(root),
  middle: client(middle, middle),
  deep: client(deep, deep, middle),
  incomplete: client(middle),
  foreign: client(foreign),
  'self-signed': client(undefined),
};
const VERIFIED = 'ssl_client_certificate root.pem;';
/** The settings of each server, by the first label of its name. */
const SERVERS: Readonly<Record<string, string>> = {
  on: `${VERIFIED} ssl_verify_client on;`,
  far: `${VERIFIED} ssl_verify_client on; ssl_verify_depth 2;`,
  optional: `${VERIFIED} ssl_verify_client optional;`,
  any: `${VERIFIED} ssl_verify_client optional_no_ca;`,
  off: `${VERIFIED} ssl_verify_client off;`,
};

const REQUEST = 'GET / HTTP/1.1\r\nHost: on.test\r\nConnection: close\r\n\r\n';

/** Status, reason and the result of the verification. */
type Outcome = Readonly<Record<string, string>>;
const ERROR = '400 The SSL certificate error';
const NONE_SENT = '400 No required SSL certificate was sent';
const EXPECTED: Readonly<Record<string, Outcome>> = {
  on: {
    none: `${NONE_SENT} NONE`,
    near: '200 SUCCESS',
    middle: '200 SUCCESS',
    deep: `${ERROR} FAILED:unable to get local issuer certificate`,
    incomplete: `${ERROR} FAILED:unable to verify the first certificate`,
    foreign: `${ERROR} FAILED:unable to verify the first certificate`,
    'self-signed': `${ERROR} FAILED:self-signed certificate`,
  },
  far: {
    none: `${NONE_SENT} NONE`,
    near: '200 SUCCESS',
    middle: '200 SUCCESS',
    deep: '200 SUCCESS',
    incomplete: `${ERROR} FAILED:unable to verify the first certificate`,
    foreign: `${ERROR} FAILED:unable to verify the first certificate`,
    'self-signed': `${ERROR} FAILED:self-signed certificate`,
  },
  optional: {
    none: '200 NONE',
    near: '200 SUCCESS',
    middle: '200 SUCCESS',
    deep: `${ERROR} FAILED:unable to get local issuer certificate`,
    incomplete: `${ERROR} FAILED:unable to verify the first certificate`,
    foreign: `${ERROR} FAILED:unable to verify the first certificate`,
    'self-signed': `${ERROR} FAILED:self-signed certificate`,
  },
  any: {
    none: '200 NONE',
    near: '200 SUCCESS',
    middle: '200 SUCCESS',
    deep: '200 FAILED:unable to get local issuer certificate',
    incomplete: '200 FAILED:unable to verify the first certificate',
    foreign: '200 FAILED:unable to verify the first certificate',
    'self-signed': '200 FAILED:self-signed certificate',
  },
  off: Object.fromEntries(Object.keys(CLIENTS).map((name) => [name, '200 NONE'])),
};

describe.each(RUNNERS)('client certificates with %s (nginx: apt-get install nginx)', (runner) => {
  let port = 0;
  let recipe: Recipe | undefined;
  beforeAll(async () => {
    if (isMissing(runner)) return;
    port = await freePort();
    const servers = Object.entries(SERVERS).map(
      ([name, directives]) => `server { listen ${port} ssl; server_name ${name}.test; ${directives}
        location = /own { return 200 "own page for $status"; }
        location / { return 200 fine; } }`,
    );
    recipe = await Recipe.start(
      runner,
      `events { } http { ssl_certificate server.pem; ssl_certificate_key server.key; ssl_protocols TLSv1.2 TLSv1.3;
        log_format l '$http_user_agent $status $ssl_client_verify'; access_log logs/clients.log l; ${servers.join('\n')}
        server { listen ${port} ssl; server_name page.test; ${SERVERS['on'] ?? ''} error_page 495 496 = /own;
          location = /own { return 200 "own page"; } location / { return 200 fine; } }
        server { listen ${port} ssl; server_name bare.test; ssl_verify_client off; return 200 bare; } }`,
      port,
      FILES,
    );
  });
  afterAll(async () => recipe?.stop());

  test.skipIf(isMissing(runner)).each(Object.keys(SERVERS))(
    'client certificates are verified by the settings of the named server: %s',
    async (name) => {
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const outcome: Record<string, string> = {};
        for (const [who, shown] of Object.entries(CLIENTS)) {
          const options = { ...shown, minVersion: version, maxVersion: version };
          const answer = await get(port, `${name}.test`, options, `${name}-${who}-${version}`);
          const title = /<title>([^<]*)</.exec(answer)?.[1] ?? answer.slice(9, 12);
          const start = `${name}-${who}-${version} `;
          const line = (): string | undefined =>
            recipe
              ?.read('logs/clients.log')
              .split('\n')
              .find((one) => one.startsWith(start));
          await until('a line in the log', () => line() !== undefined);
          outcome[who] = `${title} ${(line() ?? '').slice(start.length + 4)}`;
        }
        expect(outcome).toEqual(EXPECTED[name]);
      }
    },
  );

  test.skipIf(isMissing(runner)).each(['TLSv1.2', 'TLSv1.3'] as const)(
    'client certificates have the same result when a session of %s is resumed',
    async (version) => {
      for (const [who, expected] of [
        ['middle', /^HTTP\/1.1 200 [^]*fine$/],
        ['deep', /^HTTP\/1.1 400 [^]*The SSL certificate error/],
      ] as const) {
        const options = { ...CLIENTS[who], minVersion: version, maxVersion: version, servername: 'on.test' };
        const first = await exchange(port, REQUEST, options);
        const second = await exchange(port, REQUEST, first.again);
        expect(second.reused).toBe(true);
        expect(second.answer).toMatch(expected);
      }
    },
  );

  test.skipIf(isMissing(runner))('a client certificate that fails is answered with a configured page', async () => {
    expect(bodyOf(await get(port, 'page.test'))).toBe('own page');
    expect(bodyOf(await get(port, 'page.test', CLIENTS['foreign']))).toBe('own page');
    expect(bodyOf(await get(port, 'page.test', CLIENTS['near']))).toBe('fine');
  });

  test.skipIf(isMissing(runner))(
    'client certificates are requested by the server of the handshake, and no other server replaces it',
    async () => {
      const elsewhere = { ...CLIENTS['near'], servername: 'off.test' };
      expect(await get(port, 'on.test', elsewhere)).toMatch(/^HTTP\/1.1 421 Misdirected Request/);
      expect(bodyOf(await get(port, 'bare.test', { servername: 'on.test' }))).toBe('bare');
    },
  );
});
