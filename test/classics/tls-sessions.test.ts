import type { ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import { until } from '@pinwheel/testing/until';
import { makeCertificate } from './certificates.js';
import { isMissing, Recipe, RUNNERS } from './recipe.js';
import { bodyOf, exchange, handshake } from './tls-client.js';

const one = makeCertificate({ subject: '/CN=one' });
const two = makeCertificate({ subject: '/CN=two' });
const FILES = { 'conf/one.pem': one.cert, 'conf/one.key': one.key, 'conf/two.pem': two.cert, 'conf/two.key': two.key };

/** Settings, and whether sessions are resumed with them. */
const SETTINGS: readonly (readonly [string, boolean])[] = [
  ['', true],
  ['ssl_session_cache shared:A:1m;', true],
  ['ssl_session_cache shared:A:1m; ssl_session_tickets off;', true],
  ['ssl_session_cache builtin; ssl_session_tickets off;', true],
  ['ssl_session_cache builtin:100; ssl_session_tickets off;', true],
  ['ssl_session_cache none; ssl_session_tickets off;', false],
  ['ssl_session_cache off; ssl_session_tickets off;', false],
];
const KINDS: readonly (readonly [string, ConnectionOptions])[] = [
  ['TLSv1.2', { maxVersion: 'TLSv1.2' }],
  ['TLSv1.3', { minVersion: 'TLSv1.3' }],
];

const REQUEST = 'GET / HTTP/1.1\r\nHost: one.test\r\nConnection: close\r\n\r\n';

/** The server's answer about the session, and how to resume it. */
async function visit(port: number, options: ConnectionOptions): Promise<{ body: string; again: ConnectionOptions }> {
  const { answer, again } = await exchange(port, REQUEST, { servername: 'one.test', ...options });
  return { body: bodyOf(answer), again };
}

describe.each(RUNNERS)('sessions of %s (nginx: apt-get install nginx)', (runner) => {
  const ports: number[] = [];
  let shortPort = 0;
  let recipe: Recipe | undefined;
  let file = '';
  beforeAll(async () => {
    if (isMissing(runner)) return;
    for (const _ of SETTINGS) ports.push(await freePort());
    shortPort = await freePort();
    const server = (port: number, name: string, directives: string): string =>
      `server { listen ${port} ssl; server_name ${name}.test; ssl_certificate ${name}.pem;
         ssl_certificate_key ${name}.key; ${directives} return 200 $ssl_session_reused; }`;
    const servers = SETTINGS.map(([directives], i) => server(ports[i] ?? 0, 'one', directives));
    file = `events { } http { access_log off; ssl_protocols TLSv1.2 TLSv1.3; ${servers.join('\n')}
      ${server(shortPort, 'one', 'ssl_session_timeout 1s;')} }`;
    recipe = await Recipe.start(runner, file, shortPort, FILES);
  });
  afterAll(async () => recipe?.stop());

  test.skipIf(isMissing(runner)).each(KINDS)(
    'sessions of %s are resumed as ssl_session_cache and ssl_session_tickets configure',
    async (_, options) => {
      const found = await Promise.all(
        SETTINGS.map(async ([directives], i) => {
          const { again } = await visit(ports[i] ?? 0, options);
          const { body } = await visit(ports[i] ?? 0, again);
          return [directives, body === 'r'];
        }),
      );
      expect(found).toEqual(SETTINGS);
    },
  );

  test.skipIf(isMissing(runner))('sessions end with ssl_session_timeout', async () => {
    await Promise.all(
      KINDS.map(async ([kind, options]) => {
        const { again } = await visit(shortPort, options);
        expect(again.session).toBeDefined();
        await until(`an old session of ${kind} is refused`, async () => (await visit(shortPort, again)).body === '.');
      }),
    );
  });

  test.skipIf(isMissing(runner))('sessions of a shared cache survive a reload', async () => {
    const port = ports[2] ?? 0;
    const { again } = await visit(port, { maxVersion: 'TLSv1.2' });
    await recipe?.reload(file.replace('return 200 $ssl_session_reused', 'return 200 new'));
    await until('the new file is served', async () => (await visit(ports[0] ?? 0, {})).body === 'new');
    expect((await visit(port, again)).body).toBe('r');
  });
});

describe('a session of another server of the address', () => {
  // nginx accepts it, or fails the handshake when the server requests certificates.
  test.each(KINDS)('a session of another server is not resumed in %s', async (_, options) => {
    const port = await freePort();
    const server = (name: string, directives: string): string =>
      `server { listen ${port} ssl; server_name ${name}.test; ssl_certificate ${name}.pem;
         ssl_certificate_key ${name}.key; ${directives} return 200 $ssl_session_reused; }`;
    const verify = 'ssl_verify_client optional; ssl_client_certificate one.pem;';
    const file = `events { } http { access_log off; ${server('one', '')} ${server('two', verify)} }`;
    const recipe = await Recipe.start('pinwheel', file, port, FILES);
    try {
      const { again } = await visit(port, options);
      const other = await handshake(port, { ...again, servername: 'two.test' });
      expect(other.isSessionReused()).toBe(false);
      other.destroy();
    } finally {
      await recipe.stop();
    }
  });
});
