import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import { isMissing, Recipe, RUNNERS } from '../classics/recipe.js';

describe.each(RUNNERS)('tunnels, run by %s', (runner) => {
  describe.skipIf(isMissing(runner))('apt-get install nginx', () => {
    let recipe: Recipe;
    let port = 0;
    let backend: Server;
    let accepted: Side[] = [];
    const sockets: Socket[] = [];
    let lines = 0;

    beforeAll(async () => {
      backend = createServer({ allowHalfOpen: true }, (socket) => {
        sockets.push(socket);
        accepted.push(new Side(socket));
      });
      await new Promise<void>((resolve) => {
        backend.listen(0, '127.0.0.1', resolve);
      });
      port = await freePort();
      recipe = await Recipe.start(runner, conf(port, (backend.address() as AddressInfo).port), port);
    }, 20_000);

    afterAll(async () => {
      await recipe.stop();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        backend.close(resolve);
      });
    });

    /** A client that has requested an upgrade, and the peer that has received the request. */
    async function asked(more = ''): Promise<{ client: Side; peer: Side; request: string }> {
      accepted = [];
      const client = new Side(connect({ port, host: '127.0.0.1', allowHalfOpen: true }));
      sockets.push(client.socket);
      client.socket.write(`GET /up HTTP/1.1\nHost: a\nUpgrade: foo\nConnection: Upgrade\n\n${more}`);
      await once(backend, 'connection');
      const [peer] = accepted;
      if (peer === undefined) throw new Error('no connection');
      return { client, peer, request: await peer.upTo('\r\n\r\n') };
    }

    async function opened(more = ''): Promise<{ client: Side; peer: Side; head: string }> {
      const { client, peer } = await asked(more);
      peer.socket.write('HTTP/1.1 101 Switching\r\nUpgrade: foo\r\nConnection: Upgrade\r\n\r\nhello\r\n');
      const head = await client.upTo('\r\n\r\n');
      expect(await client.upTo('\r\n')).toBe('hello\r\n');
      return { client, peer, head };
    }

    /** The next line of the log. */
    async function logged(): Promise<string> {
      let all: string[] = [];
      await expect
        .poll(() => {
          all = recipe.read('logs/tunnels.log').split('\n');
          return all.length;
        })
        .toBeGreaterThan(lines + 1);
      return all[lines++] ?? '';
    }

    it('any upgrade is relayed, with the bytes that both sides send at once', async () => {
      const { client, peer, head } = await opened('early');
      expect(head).toMatch(/^HTTP\/1\.1 101 Switching\r\n/);
      expect(head).toContain('\r\nConnection: upgrade\r\n');
      expect(head).toContain('\r\nUpgrade: foo\r\n');
      expect(await peer.upTo('early')).toBe('early');
      peer.socket.write('x'.repeat(100_000));
      expect(await client.upTo('x'.repeat(100_000))).toHaveLength(100_000);
      client.socket.destroy();
      await peer.end;
      const sent = head.length + 'hello\r\n'.length + 100_000;
      // Status, bytes to the client, those behind the head, the request, bytes from the peer, its length.
      expect(await logged()).toBe(`101 ${sent} 100007 59 100068 0 upgrade`);
    });

    it('all bytes of a peer that closes are delivered, then the client is closed', async () => {
      const { client, peer } = await opened();
      peer.socket.end('last words');
      expect(await client.upTo('last words')).toBe('last words');
      await client.end;
      await peer.end;
      expect(await logged()).toMatch(/^101 /);
      client.socket.destroy();
    });

    it('a client that closes its side ends the tunnel', async () => {
      const { client, peer } = await opened();
      client.socket.end('last words');
      expect(await peer.upTo('last words')).toBe('last words');
      await peer.end;
      await client.end;
      expect(await logged()).toMatch(/^101 /);
      peer.socket.destroy();
    });

    it('a refused upgrade is relayed like any response', async () => {
      const { client, peer } = await asked();
      peer.socket.end(
        'HTTP/1.1 426 Upgrade Required\r\nUpgrade: bar\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno',
      );
      expect(await client.upTo('no')).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n[^]*\r\nUpgrade: bar\r\n/);
      expect(await logged()).toMatch(/^426 \d+ 2 59 87 2 /);
      client.socket.destroy();
    });

    it('the peer gets the configured fields', async () => {
      const { client, peer, request } = await asked();
      const [start, ...fields] = request.replace(/^Host: .*$/m, 'Host').split('\r\n');
      expect(start).toBe('GET /up HTTP/1.1');
      expect(fields.toSorted()).toEqual(['', '', 'Connection: Upgrade', 'Host', 'Upgrade: foo']);
      client.socket.destroy();
      await peer.end;
      expect(await logged()).toMatch(/^499 0 0 /);
    });
  });
});

/** One end of a connection. */
class Side {
  readonly end: Promise<void>;
  #text = '';
  #wake: (() => void) | undefined;

  constructor(readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (text: string) => {
      this.#text += text;
      this.#wake?.();
    });
    socket.on('error', () => undefined);
    this.end = new Promise((resolve) => {
      socket.once('end', () => resolve());
      socket.once('close', () => resolve());
    });
  }

  /** Resolves with everything up to the text, when it has arrived. */
  async upTo(text: string): Promise<string> {
    for (;;) {
      const at = this.#text.indexOf(text);
      if (at >= 0) {
        const got = this.#text.slice(0, at + text.length);
        this.#text = this.#text.slice(got.length);
        return got;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

function conf(port: number, backend: number): string {
  return `events {}
http {
  log_format tunnels '$status $bytes_sent $body_bytes_sent $request_length $upstream_bytes_received '
    '$upstream_response_length $sent_http_connection';
  access_log logs/tunnels.log tunnels;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${backend};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "Upgrade";
    }
  }
}
`;
}
