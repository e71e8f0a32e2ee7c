import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import { startEchoServer } from './echo-server.js';
import { isMissing, Recipe, RUNNERS } from './recipe.js';
import { openWebSocket } from './websocket.js';

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
const RSA = ['-newkey', 'rsa:2048'];

/** A self-signed certificate for a name, with its key. */
function selfSigned(name: string, key: readonly string[], passphrase?: string): { cert: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'pinwheel-cert-'));
  const lock = passphrase === undefined ? ['-nodes'] : ['-passout', `pass:${passphrase}`];
  const files = ['-keyout', join(folder, 'key'), '-out', join(folder, 'cert')];
  try {
    const subject = ['-days', '2', '-subj', `/O=Test/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
    execFileSync('openssl', ['req', '-x509', ...key, ...lock, ...subject, ...files], { stdio: 'ignore' });
    return { cert: readFileSync(join(folder, 'cert'), 'utf8'), key: readFileSync(join(folder, 'key'), 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const one = selfSigned('one.test', EC);
const oneRsa = selfSigned('one.test', RSA);
const two = selfSigned('two.test', EC);
const locked = selfSigned('locked.test', EC, 'second');
const client = selfSigned('client', EC);
const stranger = selfSigned('stranger', EC);
const FILES = {
  'conf/one.pem': one.cert,
  'conf/one.key': one.key,
  'conf/one-rsa.pem': oneRsa.cert,
  'conf/one-rsa.key': oneRsa.key,
  'conf/two.pem': two.cert,
  'conf/two.key': two.key,
  'conf/locked.pem': locked.cert,
  'conf/locked.key': locked.key,
  'conf/passwords': 'first\nsecond\n',
  'conf/clients.pem': client.cert,
  'conf/client.key': client.key,
};
const ONE = 'ssl_certificate one.pem; ssl_certificate_key one.key;';
const TWO = 'ssl_certificate two.pem; ssl_certificate_key two.key;';

let recipes: Recipe[] = [];

afterEach(async () => {
  await Promise.all(recipes.map((recipe) => recipe.stop()));
  recipes = [];
});

/** Resolves after the handshake; rejects when it fails. */
async function handshake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

async function get(port: number, host: string, options: ConnectionOptions = {}): Promise<string> {
  const socket = await handshake(port, { servername: host, ...options });
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  return text(socket);
}

async function shownName(port: number, servername: string, options: ConnectionOptions = {}): Promise<string> {
  const socket = await handshake(port, { servername, ...options });
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}

describe.each(RUNNERS)('TLS directives of %s (nginx: apt-get install nginx)', (runner) => {
  async function start(conf: (port: number) => string): Promise<{ recipe: Recipe; port: number }> {
    const port = await freePort();
    const file = `events { } http { access_log off; ${conf(port)} }`;
    const recipe = await Recipe.start(runner, file, port, FILES);
    recipes.push(recipe);
    return { recipe, port };
  }

  test.skipIf(isMissing(runner))(
    'each name gets its certificate, an unknown name that of the default server',
    async () => {
      const { recipe, port } = await start(
        (on) => `server { listen ${on} ssl; server_name one.test; ${ONE} location / { return 200 one; } }
        server { listen ${on} ssl; server_name *.two.test ~^re[0-9]+; ${TWO} location / { return 200 two; } }
        server { listen ${on} ssl; server_name refused.test; ssl_reject_handshake on; location / { return 200 no; } }
        server { listen ${on} ssl; server_name locked.test; ssl_certificate locked.pem; ssl_certificate_key locked.key;
          ssl_password_file passwords; location / { return 200 locked; } }`,
      );
      expect(await shownName(port, 'one.test')).toBe('one.test');
      expect(await shownName(port, 'a.TWO.test')).toBe('two.test');
      expect(await shownName(port, 're7')).toBe('two.test');
      expect(await shownName(port, 'other.test')).toBe('one.test');
      expect(await shownName(port, 'locked.test')).toBe('locked.test');
      expect(await get(port, 'a.two.test')).toMatch(/^HTTP\/1.1 200 OK[^]*two$/);
      await expect(handshake(port, { servername: 'refused.test' })).rejects.toThrow(/alert|ECONNRESET|disconnected/);
      await recipe.reload(`events { } http { access_log off; server { listen ${port} ssl; ${TWO} return 200 new; } }`);
      await expect.poll(() => shownName(port, 'one.test'), { timeout: 8_000 }).toBe('two.test');
    },
  );

  test.skipIf(isMissing(runner))(
    'two certificates serve two kinds of clients, with the configured versions and ciphers',
    async () => {
      const { port } = await start(
        (on) => `server { listen ${on} ssl; ${ONE} ssl_certificate one-rsa.pem; ssl_certificate_key one-rsa.key;
        ssl_protocols TLSv1.2; ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384;
        ssl_prefer_server_ciphers on; ssl_session_cache shared:S:1m; ssl_session_timeout 10m; ssl_session_tickets off;
        location / { return 200 "$ssl_protocol $ssl_cipher $ssl_session_reused [$ssl_server_name] $ssl_client_verify"; } }`,
      );
      const rsa = 'ECDHE-RSA-AES256-GCM-SHA384';
      expect(await get(port, 'x.test')).toMatch(/TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256 \. \[x.test\] NONE$/);
      const socket = await handshake(port, { ciphers: rsa });
      expect(socket.getCipher().name).toBe(rsa);
      const session = socket.getSession();
      socket.destroy();
      await expect(handshake(port, { minVersion: 'TLSv1.3' })).rejects.toThrow(/alert|ECONNRESET|disconnected/);
      expect(await get(port, 'x.test', { ciphers: rsa, servername: '', session })).toContain(`${rsa} r [] NONE`);
    },
  );

  test.skipIf(isMissing(runner))(
    'a client without the required certificate, or with a wrong one, gets 400',
    async () => {
      const verify = (kind: string): string => `ssl_client_certificate clients.pem; ssl_verify_client ${kind};`;
      const { port } = await start(
        (
          on,
        ) => `server { listen ${on} ssl; server_name off.test; ${ONE} location / { return 200 "$ssl_client_verify"; } }
        ${['on', 'optional', 'optional_no_ca']
          .map(
            (kind) => `server { listen ${on} ssl; server_name ${kind.replaceAll('_', '-')}.test; ${TWO} ${verify(kind)}
              location / { return 200 "$ssl_client_verify $ssl_client_s_dn"; } }`,
          )
          .join('\n')}`,
      );
      expect(await get(port, 'off.test', client)).toMatch(/NONE$/);
      expect(await get(port, 'on.test')).toMatch(/^HTTP\/1.1 400 [^]*No required SSL certificate was sent/);
      expect(await get(port, 'on.test', client)).toMatch(/^HTTP\/1.1 200 [^]*SUCCESS CN=client,O=Test$/);
      expect(await get(port, 'on.test', stranger)).toMatch(/^HTTP\/1.1 400 [^]*The SSL certificate error/);
      expect(await get(port, 'optional.test')).toMatch(/^HTTP\/1.1 200 [^]*NONE $/);
      expect(await get(port, 'optional-no-ca.test', stranger)).toMatch(/FAILED:self.signed certificate CN=stranger/);
      expect(await get(port, 'on.test', { servername: 'off.test' })).toMatch(/^HTTP\/1.1 421 /);
    },
  );

  test.skipIf(isMissing(runner))(
    'plain HTTP and garbage on the port get a response and affect no other client',
    async () => {
      const { port } = await start((on) => `server { listen ${on} ssl; ${ONE} location / { return 200 fine; } }`);
      const plain = connectTcp(port, '127.0.0.1').end('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      expect(await text(plain)).toMatch(/^HTTP\/1.1 400 [^]*The plain HTTP request was sent to HTTPS port/);
      const garbage = connectTcp(port, '127.0.0.1').end(Buffer.from([0x16, 3, 1, 255, 255, 0, 1, 2]));
      garbage.on('error', () => garbage.destroy());
      garbage.resume();
      await once(garbage, 'close');
      expect(await get(port, 'x.test')).toMatch(/fine$/);
    },
  );

  test.skipIf(isMissing(runner))(
    'an upstream over TLS is verified by name, and gets SNI and the certificate',
    async () => {
      const inner = await freePort();
      const ssl = 'proxy_ssl_trusted_certificate one.pem; proxy_ssl_verify on; proxy_ssl_server_name on;';
      const { port } = await start(
        (on) => `server { listen ${inner} ssl; ${ONE} ssl_client_certificate clients.pem; ssl_verify_client optional;
          location / { return 200 "$ssl_server_name $ssl_client_verify $http_host"; } }
        server { listen ${on} ssl; ${TWO} location / { proxy_pass https://127.0.0.1:${inner}; ${ssl}
          proxy_ssl_name one.test; proxy_ssl_certificate clients.pem; proxy_ssl_certificate_key client.key; } }
        server { listen ${on} ssl; server_name wrong.test; ${TWO}
          location / { proxy_pass https://127.0.0.1:${inner}; ${ssl} proxy_ssl_name two.test; } }
        server { listen ${on} ssl; server_name loose.test; ${TWO} location / { proxy_pass https://127.0.0.1:${inner};
          proxy_ssl_session_reuse off; } }`,
      );
      const seen = (answer: string): string => answer.split('\r\n\r\n')[1]?.replaceAll(/^\w+\r\n|\r\n0$/g, '') ?? '';
      expect(seen(await get(port, 'x.test'))).toBe(`one.test SUCCESS 127.0.0.1:${inner}`);
      expect(await get(port, 'wrong.test')).toMatch(/^HTTP\/1.1 502 /);
      expect(seen(await get(port, 'loose.test'))).toBe(` NONE 127.0.0.1:${inner}`);
    },
  );

  test.skipIf(isMissing(runner))('the log counts the bytes of a WebSocket over TLS, head included', async () => {
    const server = await startEchoServer('only');
    try {
      const { recipe, port } = await start(
        (
          on,
        ) => `log_format l '$status $bytes_sent $ssl_protocol'; server { listen ${on} ssl; ${ONE} ssl_protocols TLSv1.3; access_log logs/ws.log l;
          location / { proxy_pass http://127.0.0.1:${server.port}; proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; } }`,
      );
      const { ask, socket, answer } = await openWebSocket(`wss://127.0.0.1:${port}/`, {
        rejectUnauthorized: false,
      });
      const message = 'Server received from client: hello';
      expect(await ask('hello')).toBe(message);
      const fields = answer.rawHeaders.join('').length + answer.rawHeaders.length * 2;
      const head = `HTTP/1.1 101 ${String(answer.statusMessage)}\r\n\r\n`.length + fields;
      const total = head + 2 + message.length;
      socket.terminate();
      await expect.poll(() => recipe.read('logs/ws.log'), { timeout: 4_000 }).toBe(`101 ${total} TLSv1.3\n`);
    } finally {
      await server.stop();
    }
  });
});
