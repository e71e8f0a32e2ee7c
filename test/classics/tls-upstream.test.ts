import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { Server, ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import type { Certificate } from './certificates.js';
import { makeCertificate, revocationList } from './certificates.js';
import { isMissing, Recipe, RUNNERS } from './recipe.js';
import type { Runner } from './recipe.js';

const root = makeCertificate({ subject: '/CN=root', isAuthority: true });
const middle = makeCertificate({ subject: '/CN=middle', isAuthority: true, issuer: root });
const deep = makeCertificate({ subject: '/CN=deep', isAuthority: true, issuer: middle });
const names = ['peer.test'];
const near = makeCertificate({ subject: '/CN=near', issuer: root, names });
const taken = makeCertificate({ subject: '/CN=taken', issuer: root, names });
const far = makeCertificate({ subject: '/CN=far', issuer: deep, names });
const locked = makeCertificate({ subject: '/CN=locked', issuer: root, passphrase: 'second' });
const FILES = {
  'conf/root.pem': root.cert,
  'conf/crl.pem': revocationList(root, [taken]),
  'conf/locked.pem': locked.cert,
  'conf/locked.key': locked.key,
  'conf/passwords': 'first\nsecond\n',
};
const VERIFY =
  'proxy_ssl_verify on; proxy_ssl_trusted_certificate root.pem; proxy_ssl_name peer.test; proxy_ssl_session_reuse off;';

interface Backend {
  readonly port: number;
  /** For each request: whether its session was resumed, and the CN of the client's certificate. */
  readonly seen: { readonly resumed: boolean; readonly shown: string }[];
}

let backends: Server[] = [];
let recipes: Recipe[] = [];

afterEach(async () => {
  await Promise.all(recipes.map((recipe) => recipe.stop()));
  for (const backend of backends) {
    backend.closeAllConnections();
    backend.close();
  }
  recipes = [];
  backends = [];
});

/** An HTTPS server that closes after every response. */
async function startBackend({ key, cert }: Certificate, chain = '', options: ServerOptions = {}): Promise<Backend> {
  const seen: { resumed: boolean; shown: string }[] = [];
  const server = createServer({ key, cert: cert + chain, ...options }, (request: IncomingMessage, response) => {
    const socket = request.socket as TLSSocket;
    const shown = socket.getPeerCertificate().subject?.CN;
    seen.push({ resumed: socket.isSessionReused(), shown: String(shown) });
    response.setHeader('Connection', 'close');
    response.end('from the peer');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  backends.push(server);
  return { port: (server.address() as AddressInfo).port, seen };
}

/** @param locations the directives of each location besides `proxy_pass`, by path */
async function start(
  runner: Runner,
  locations: Readonly<Record<string, readonly [Backend, string]>>,
): Promise<{ get: (path: string) => Promise<number> }> {
  const port = await freePort();
  const blocks = Object.entries(locations).map(
    ([path, [backend, directives]]) =>
      `location ${path} { proxy_pass https://127.0.0.1:${backend.port}; ${directives} }`,
  );
  const file = `events { } http { access_log off; server { listen 127.0.0.1:${port}; ${blocks.join('\n')} } }`;
  const recipe = await Recipe.start(runner, file, port, FILES);
  recipes.push(recipe);
  return {
    async get(path) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      await response.arrayBuffer();
      return response.status;
    },
  };
}

describe.each(RUNNERS)('upstreams over TLS behind %s (nginx: apt-get install nginx)', (runner) => {
  test.skipIf(isMissing(runner))('proxy_ssl_verify_depth limits the chain', async () => {
    const backend = await startBackend(far, deep.cert + middle.cert);
    const { get } = await start(runner, {
      '/short': [backend, `${VERIFY} proxy_ssl_verify_depth 1;`],
      '/long': [backend, `${VERIFY} proxy_ssl_verify_depth 2;`],
    });
    expect(await get('/short')).toBe(502);
    expect(await get('/long')).toBe(200);
  });

  test.skipIf(isMissing(runner))('proxy_ssl_crl refuses a revoked certificate', async () => {
    const good = await startBackend(near);
    const bad = await startBackend(taken);
    const crl = 'proxy_ssl_crl crl.pem;';
    const { get } = await start(runner, {
      '/good': [good, VERIFY + crl],
      '/bad': [bad, VERIFY + crl],
      '/unlooked': [bad, VERIFY],
      '/unverified': [bad, crl],
    });
    expect(await get('/good')).toBe(200);
    expect(await get('/bad')).toBe(502);
    expect(await get('/unlooked')).toBe(200);
    expect(await get('/unverified')).toBe(200);
  });

  test.skipIf(isMissing(runner))('an encrypted key is opened with a password of proxy_ssl_password_file', async () => {
    const backend = await startBackend(near, '', { requestCert: true, rejectUnauthorized: false });
    const { get } = await start(runner, {
      '/': [
        backend,
        `proxy_ssl_certificate locked.pem; proxy_ssl_certificate_key locked.key;
         proxy_ssl_password_file passwords;`,
      ],
    });
    expect(await get('/')).toBe(200);
    expect(backend.seen).toEqual([{ resumed: false, shown: 'locked' }]);
  });

  test.skipIf(isMissing(runner)).each(['TLSv1.2', 'TLSv1.3'] as const)(
    'sessions of %s are resumed unless proxy_ssl_session_reuse is off',
    async (version) => {
      const on = await startBackend(near);
      const off = await startBackend(near);
      const { get } = await start(runner, {
        '/on': [on, `proxy_ssl_protocols ${version};`],
        '/off': [off, `proxy_ssl_protocols ${version}; proxy_ssl_session_reuse off;`],
      });
      for (const path of ['/on', '/on', '/off', '/off']) expect(await get(path)).toBe(200);
      expect(on.seen.map(({ resumed }) => resumed)).toEqual([false, true]);
      expect(off.seen.map(({ resumed }) => resumed)).toEqual([false, false]);
    },
  );
});
