import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import { isMissing, Recipe, RUNNERS } from '../classics/recipe.js';

describe.each(RUNNERS)('hosts and names from variables, run by %s', (runner) => {
  describe.skipIf(isMissing(runner))('apt-get install nginx', () => {
    let recipe: Recipe;
    const dns = createSocket('udp4');
    const asked: string[] = [];
    const ports: number[] = [];

    beforeAll(async () => {
      dns.on('message', (question, from) => {
        asked.push(nameIn(question));
        dns.send(answerTo(question), from.port, from.address);
      });
      dns.bind(0, '127.0.0.1');
      await once(dns, 'listening');
      while (ports.length < 3) ports.push(await freePort());
      recipe = await Recipe.start(runner, conf(ports, dns.address().port), ports[0] ?? 0, certificate());
    }, 20_000);

    afterAll(async () => {
      await recipe.stop();
      dns.close();
    });

    async function ask(path: string): Promise<string> {
      const socket = connect(ports[0] ?? 0, '127.0.0.1');
      let text = '';
      socket.setEncoding('latin1').on('data', (part: string) => {
        text += part;
      });
      socket.write(`GET ${path} HTTP/1.0\nHost: a\n\n`);
      await once(socket, 'close');
      return text;
    }

    it('a name is resolved, and the answer is cached', async () => {
      for (let i = 0; i < 3; i++) {
        const text = await ask(`/named?a=here.test:${ports[1]}`);
        expect(text).toMatch(/^HTTP\/1\.1 200 /);
        expect(text).toContain(`X-Addr: 127.0.0.1:${ports[1]}\r\n`);
        expect(text).toContain(`asked by here.test:${ports[1]} of /named?a=here.test`);
      }
      expect(asked.filter((name) => name === 'here.test')).toHaveLength(1);
    });

    it('an unknown name gives 502, and the log has the reason', async () => {
      expect(await ask('/named?a=nowhere.test')).toMatch(/^HTTP\/1\.1 502 /);
      await recipe.has(
        'logs/error.log',
        'nowhere.test could not be resolved (3: Host not found), client: 127.0.0.1, server: , request: "GET /named?a=nowhere.test HTTP/1.0", host: "a"',
      );
    });

    it('a request with a method and a body waits for its name to be resolved', async () => {
      const socket = connect(ports[0] ?? 0, '127.0.0.1');
      let text = '';
      socket.setEncoding('latin1').on('data', (part: string) => {
        text += part;
      });
      socket.write(`POST /named?a=body.test:${ports[1]} HTTP/1.0\nHost: a\nContent-Length: 4\n\nabcd`);
      await once(socket, 'close');
      expect(text).toContain('POST 4');
    });

    it.each([
      ['/tls?a=one.test', 'one.test'],
      ['/tls?a=two.test', 'two.test'],
      ['/tls-url?a=three.test', 'three.test'],
    ])('%s: the name in the handshake is %s', async (path, name) => {
      expect(await ask(path)).toContain(`handshake with ${name}`);
    });

    it('proxy_ssl_verify accepts only the name of proxy_ssl_name', async () => {
      expect(await ask('/verified?a=localhost')).toContain('handshake with localhost');
      expect(await ask('/verified?a=other.test')).toMatch(/^HTTP\/1\.1 502 /);
      await recipe.has('logs/error.log', 'upstream SSL certificate does not match');
    });
  });
});

/** A self-signed certificate for localhost. */
function certificate(): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'pinwheel-certificate-'));
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    execFileSync(
      'openssl',
      [
        ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost'.split(' '),
        '-addext',
        'subjectAltName=DNS:localhost',
        '-keyout',
        key,
        '-out',
        cert,
      ],
      { stdio: 'ignore' },
    );
    return { 'conf/key.pem': readFileSync(key, 'utf8'), 'conf/cert.pem': readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function nameIn(question: Buffer): string {
  const labels: string[] = [];
  for (let at = 12; (question[at] ?? 0) > 0; at += (question[at] ?? 0) + 1) {
    labels.push(question.toString('latin1', at + 1, at + 1 + (question[at] ?? 0)));
  }
  return labels.join('.');
}

/** Answers 127.0.0.1 for type A of every name except `nowhere.test`, which does not exist. */
function answerTo(question: Buffer): Buffer {
  let end = 12;
  while ((question[end] ?? 0) > 0) end += (question[end] ?? 0) + 1;
  end += 5;
  const head = Buffer.from(question.subarray(0, 12));
  const missing = nameIn(question) === 'nowhere.test';
  const found = !missing && question[end - 3] === 1;
  head.writeUInt16BE(missing ? 0x8183 : 0x8180, 2);
  head.writeUInt16BE(found ? 1 : 0, 6);
  head.writeUInt32BE(0, 8);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
  return Buffer.concat([head, question.subarray(12, end), ...(found ? [record] : [])]);
}

function conf([port, plain, tls]: readonly number[], dns: number): string {
  return `events {}
http {
  access_log off;
  proxy_ssl_session_reuse off;
  proxy_ssl_server_name on;
  server {
    listen 127.0.0.1:${port};
    add_header X-Addr $upstream_addr always;
    location /named { resolver 127.0.0.1:${dns} ipv6=off; proxy_pass http://$arg_a; }
    location /tls { proxy_ssl_name $arg_a; proxy_pass https://127.0.0.1:${tls}; }
    location /tls-url { resolver 127.0.0.1:${dns} ipv6=off; proxy_pass https://$arg_a:${tls}; }
    location /verified {
      proxy_ssl_verify on;
      proxy_ssl_trusted_certificate cert.pem;
      proxy_ssl_name $arg_a;
      proxy_pass https://127.0.0.1:${tls};
    }
  }
  server { listen 127.0.0.1:${plain}; location / { return 200 "asked by $http_host of $request_uri $request_method $content_length"; } }
  server {
    listen 127.0.0.1:${tls} ssl;
    ssl_certificate cert.pem;
    ssl_certificate_key key.pem;
    location / { return 200 "handshake with $ssl_server_name"; }
  }
}
`;
}
