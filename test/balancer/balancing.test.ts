import { connect, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import { isMissing, Recipe } from '../classics/recipe.js';
import type { Runner } from '../classics/recipe.js';

const REQUESTS = 3_000;
const PEERS = 5;

/** The lines of an upstream, and the parameters of its servers by position. */
interface Method {
  readonly lines: string;
  readonly weights: readonly number[];
}

const methods: Readonly<Record<string, Method>> = {
  ip_hash: { lines: 'ip_hash;', weights: [1, 3, 1, 2, 1] },
  hash: { lines: 'hash $remote_addr$request_uri;', weights: [1, 3, 1, 2, 1] },
  consistent: { lines: 'hash $remote_addr consistent;', weights: [1, 3, 1, 2, 1] },
  turns: { lines: '', weights: [5, 1, 1, 3, 2] },
};

/** The fault of the second peer. */
const troubles = ['none', 'down', 'refuses'] as const;

describe.skipIf(isMissing('nginx'))('requests reach the same peers as with nginx (apt-get install nginx)', () => {
  const backends: Server[] = [];
  const ports: number[] = [];
  let unusedPort = 0;
  const answers = new Map<Runner, ReadonlyMap<string, string>>();

  beforeAll(async () => {
    for (let i = 0; i < PEERS; i++) {
      const server = backend(String(i));
      await new Promise<void>((resolve) => {
        server.listen(0, '127.0.0.1', resolve);
      });
      backends.push(server);
      ports.push((server.address() as AddressInfo).port);
    }
    unusedPort = await freePort();
    // The programs start in sequence, so that both have the same ports to choose from.
    for (const runner of ['nginx', 'pinwheel'] as const) answers.set(runner, await answersOf(runner));
  }, 60_000);

  afterAll(() => {
    for (const server of backends) server.close();
  });

  async function answersOf(runner: Runner): Promise<ReadonlyMap<string, string>> {
    const port = await freePort();
    const recipe = await Recipe.start(runner, configuration(port, ports, unusedPort), port);
    try {
      // Each upstream has its own state, so simultaneous requests to others do not matter.
      const names = Object.keys(methods).flatMap((method) => troubles.map((trouble) => `${method} ${trouble}`));
      const asked = names.map((name) => askAll(port, `/${name.replace(' ', '_')}`));
      const found = await Promise.all(asked);
      return new Map(names.map((name, i) => [name, found[i] ?? '']));
    } finally {
      await recipe.stop();
    }
  }

  describe.each(Object.keys(methods))('%s', (method) => {
    test.each(troubles)(`${REQUESTS} requests, one peer fails with "%s"`, (trouble) => {
      const ours = answers.get('pinwheel')?.get(`${method} ${trouble}`) ?? '';
      const theirs = answers.get('nginx')?.get(`${method} ${trouble}`) ?? '';
      expect(ours).toHaveLength(REQUESTS);
      expect(new Set(ours).size).toBe(trouble === 'none' ? PEERS : PEERS - 1);
      expect([...ours].filter((peer, i) => peer !== theirs[i]).length).toBe(0);
    });
  });
});

function configuration(port: number, ports: readonly number[], unusedPort: number): string {
  const upstreams = Object.entries(methods).flatMap(([name, { lines, weights }]) =>
    troubles.map((trouble) => {
      const servers = ports.map((own, i) => {
        const where = trouble === 'refuses' && i === 1 ? unusedPort : own;
        const more = trouble === 'none' || i !== 1 ? '' : trouble === 'down' ? 'down' : 'fail_timeout=600s';
        return `server 127.0.0.1:${where} weight=${weights[i] ?? 1} ${more};`;
      });
      return `upstream ${name}_${trouble} { ${lines} ${servers.join(' ')} keepalive 16; }`;
    }),
  );
  const locations = Object.keys(methods).flatMap((name) =>
    troubles.map((trouble) => `location /${name}_${trouble} { proxy_pass http://${name}_${trouble}; }`),
  );
  return `
    events { }
    http {
      access_log off; keepalive_requests 1000000;
      set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For; real_ip_recursive on;
      ${upstreams.join('\n')}
      server {
        listen 127.0.0.1:${port};
        proxy_http_version 1.1; proxy_set_header Connection "";
        ${locations.join('\n')}
      }
    }`;
}

/** Answers every request with its name. */
function backend(name: string): Server {
  return createServer({ noDelay: true }, (socket) => {
    let text = '';
    socket.setEncoding('latin1').on('data', (piece: string) => {
      text += piece;
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        text = text.slice(end + 4);
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${name}`);
      }
    });
    socket.on('error', () => socket.destroy());
  });
}

/** The names of the peers that answer, in order: one connection, each request with another client address. */
function askAll(port: number, path: string): Promise<string> {
  const requests = addresses().map(
    (address, i) => `GET ${path}/${i} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${address}, 127.0.0.1\r\n\r\n`,
  );
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let found = '';
    let text = '';
    socket.setEncoding('latin1').on('data', (piece: string) => {
      text += piece;
      for (let end = text.indexOf('\r\n\r\n'); end >= 0 && end + 4 < text.length; end = text.indexOf('\r\n\r\n')) {
        found += text.charAt(end + 4);
        if (!text.startsWith('HTTP/1.1 200 ')) reject(new Error(text.slice(0, end)));
        text = text.slice(end + 5);
      }
      if (found.length === REQUESTS) {
        socket.destroy();
        resolve(found);
      }
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed after ${found.length} answers`)));
    socket.write(requests.join(''));
  });
}

/** Addresses from a linear congruential generator, the same in every run. */
function addresses(): string[] {
  let state = 20_250_101;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 16) & 255;
  };
  return Array.from({ length: REQUESTS }, () => `${1 + (next() % 126)}.${next()}.${next()}.${next()}`);
}
