import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { Agent, createServer, get } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import { until } from '@pinwheel/testing/until';
import { isMissing, Recipe, RUNNERS } from '../classics/recipe.js';
import type { Runner } from '../classics/recipe.js';

describe.each(RUNNERS)('upstreams, run by %s', (runner) => {
  describe.skipIf(isMissing(runner))('apt-get install nginx', () => {
    let setting: Setting;

    beforeAll(async () => {
      setting = await Setting.start(runner);
    }, 20_000);

    afterEach(() => setting.release());

    afterAll(() => setting.stop());

    test('an upstream with all servers down has no live one, and the log names the upstream', async () => {
      expect(await setting.asked('/down', 2)).toEqual(['502 down 502', '502 down 502']);
    });

    test('a single server is tried every time, even if it keeps failing', async () => {
      expect(await setting.asked('/single', 2)).toEqual(['502 DEAD0 502', '502 DEAD0 502']);
    });

    test('several failing servers are tried once each, then none is live for a while', async () => {
      expect(await setting.asked('/dead', 2)).toEqual(['502 DEAD0, DEAD1 502, 502', '502 dead 502']);
    });

    test('the next server answers when the first refuses, and the first is then skipped', async () => {
      expect(await setting.asked('/next', 3)).toEqual(['200 DEAD0, PEER1 502, 200', '200 PEER1 200', '200 PEER1 200']);
    });

    test('after a failed attempt without another server the log names the upstream', async () => {
      setting.holds = true;
      const held = setting.ask('/failing');
      await until('a request is held', () => setting.held.length === 1);
      expect(await setting.asked('/failing', 1)).toEqual(['502 DEAD1, failing 502, 502']);
      setting.release();
      await held;
    });

    test('a backup serves when the others fail or are down, in turn with the other backups', async () => {
      expect(await setting.asked('/backup', 2)).toEqual(['200 DEAD0, PEER1 502, 200', '200 PEER1 200']);
      expect(await setting.asked('/backups', 3)).toEqual(['200 PEER1 200', '200 PEER2 200', '200 PEER1 200']);
    });

    test('max_conns limits requests in flight', async () => {
      setting.holds = true;
      const held = [setting.ask('/full'), setting.ask('/full')];
      await until('two requests are held', () => setting.held.length === 2);
      expect(await setting.ask('/full')).toBe(502);
      setting.release();
      await Promise.all(held);
      await until('three lines', () => setting.log('/full').length === 3);
      expect(setting.log('/full').toSorted()).toEqual(['200 PEER0 200', '200 PEER1 200', '502 full 502']);
      expect(await setting.asked('/full', 2)).toEqual(['200 PEER1 200', '200 PEER0 200']);
    });

    test('least_conn compares active requests by weight, and rotates among equals', async () => {
      setting.holds = true;
      const held = [];
      for (let i = 1; i <= 12; i++) {
        held.push(setting.ask('/least'));
        await until(`${i} requests are held`, () => setting.held.length === i);
      }
      const order = setting.heldBy.join('');
      setting.release();
      await Promise.all(held);
      expect(order).toBe('021020120020');
    });

    test('a server may be a unix socket, and logs show its path', async () => {
      expect(await setting.asked('/unix', 2)).toEqual(['200 unix:SOCKET 200', '200 unix:SOCKET 200']);
    });

    test('a name is resolved when the configuration is read, and logs show the address', async () => {
      expect((await setting.asked('/name', 1))[0]).toMatch(/^200 (?:\[::1\]:\d+, )?PEER0 (?:502, )?200$/);
      expect((await setting.asked('/host', 1))[0]).toMatch(/^200 (?:\[::1\]:\d+, )?PEER1 (?:502, )?200$/);
    });

    test('keepalive counts the idle connections to all servers together', async () => {
      const before = setting.connections;
      await setting.asked('/one', 6);
      expect(setting.connections - before).toBe(6);
      const between = setting.connections;
      await setting.asked('/two', 6);
      expect(setting.connections - between).toBe(2);
    });

    test.each(['/random', '/random_two'])('%s reaches every server, but never one that is down', async (path) => {
      const found = await setting.asked(path, 40);
      expect(new Set(found)).toEqual(new Set(['200 PEER0 200', '200 PEER1 200']));
    });
  });
});

/** Three backends, two ports that refuse connections, and a balancer in front of them. */
class Setting {
  connections = 0;
  /** While true, backends do not answer until `release`. */
  holds = false;
  held: ServerResponse[] = [];
  heldBy: string[] = [];
  readonly #recipe: Recipe;
  readonly #port: number;
  readonly #folder: string;
  readonly #servers: readonly Server[];
  /** Placeholders for ports and paths in expectations. */
  readonly #names: readonly (readonly [string, string])[];
  readonly #agent = new Agent({ keepAlive: true });

  private constructor(
    recipe: Recipe,
    port: number,
    folder: string,
    servers: readonly Server[],
    names: readonly (readonly [string, string])[],
  ) {
    this.#recipe = recipe;
    this.#port = port;
    this.#folder = folder;
    this.#servers = servers;
    this.#names = names;
    servers.forEach((server, i) => {
      server.on('connection', () => this.connections++);
      server.on('request', (_request, response: ServerResponse) => {
        if (!this.holds) {
          response.end('ok');
          return;
        }
        this.held.push(response);
        this.heldBy.push(String(i));
      });
    });
  }

  static async start(runner: Runner): Promise<Setting> {
    const folder = await mkdtemp(join(tmpdir(), 'pinwheel-upstreams-'));
    // nginx's workers may be another user.
    await chmod(folder, 0o755);
    const socket = join(folder, 'backend.sock');
    const servers = await Promise.all([listening(0), listening(0), listening(0), listening(socket)]);
    const ports = servers.slice(0, 3).map((server) => (server.address() as AddressInfo).port);
    const dead = [await freePort(), await freePort()];
    const port = await freePort();
    const names = [
      ...ports.map((one, i) => [`127.0.0.1:${one}`, `PEER${i}`] as const),
      ...dead.map((one, i) => [`127.0.0.1:${one}`, `DEAD${i}`] as const),
      [socket, 'SOCKET'] as const,
    ];
    const text = names.reduce((all, [address, name]) => all.replaceAll(name, address), conf(port));
    const named = text
      .replaceAll('NAME0', `localhost:${ports[0] ?? 0}`)
      .replaceAll('NAME1', `localhost:${ports[1] ?? 0}`);
    return new Setting(await Recipe.start(runner, named, port), port, folder, servers, names);
  }

  async ask(path: string): Promise<number> {
    return new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port: this.#port, path, agent: this.#agent }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      }).on('error', reject);
    });
  }

  /** Sends requests in sequence and returns status, addresses and upstream statuses, as logged. */
  async asked(path: string, times: number): Promise<string[]> {
    const before = this.log(path).length;
    for (let i = 0; i < times; i++) await this.ask(path);
    // The line is written after the response has been sent.
    await until(`${times} more lines of ${path}`, () => this.log(path).length >= before + times);
    return this.log(path).slice(before);
  }

  log(path: string): string[] {
    const text = this.#names.reduce(
      (all, [address, name]) => all.replaceAll(address, name),
      this.#recipe.read('logs/u.log'),
    );
    return text.split('\n').flatMap((line) => (line.startsWith(`${path} `) ? [line.slice(path.length + 1)] : []));
  }

  release(): void {
    this.holds = false;
    for (const response of this.held) response.end('ok');
    this.held = [];
    this.heldBy = [];
  }

  async stop(): Promise<void> {
    this.release();
    this.#agent.destroy();
    await this.#recipe.stop();
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function listening(where: number | string): Promise<Server> {
  const server = createServer();
  return new Promise((resolve) => {
    const done = (): void => resolve(server);
    if (typeof where === 'number') server.listen(where, '127.0.0.1', done);
    else server.listen({ path: where, readableAll: true, writableAll: true }, done);
  });
}

const UPSTREAMS: Readonly<Record<string, string>> = {
  down: 'server PEER0 down; server PEER1 down;',
  single: 'server DEAD0;',
  dead: 'server DEAD0; server DEAD1;',
  next: 'server DEAD0; server PEER1;',
  failing: 'server PEER0 max_conns=1; server DEAD1;',
  backup: 'server DEAD0; server PEER1 backup;',
  backups: 'server PEER0 down; server PEER1 backup; server PEER2 backup;',
  full: 'server PEER0 max_conns=1; server PEER1 max_conns=1;',
  least: 'least_conn; server PEER0 weight=3; server PEER1; server PEER2 weight=2;',
  unix: 'server unix:SOCKET;',
  name: 'server NAME0;',
  one: 'server PEER0; server PEER1; keepalive 1;',
  two: 'server PEER0; server PEER1; keepalive 2;',
  random: 'random; server PEER0; server PEER1; server PEER2 down;',
  random_two: 'random two least_conn; server PEER0; server PEER1; server PEER2 down;',
};

function conf(port: number): string {
  const upstreams = Object.entries(UPSTREAMS).map(([name, lines]) => `upstream ${name} { ${lines} }`);
  const locations = Object.keys(UPSTREAMS).map((name) => `location /${name} { proxy_pass http://${name}; }`);
  return `
    events { }
    http {
      log_format u '$uri $status $upstream_addr $upstream_status';
      access_log logs/u.log u;
      ${upstreams.join('\n')}
      server {
        listen 127.0.0.1:${port};
        proxy_http_version 1.1; proxy_set_header Connection "";
        ${locations.join('\n')}
        location /host { proxy_pass http://NAME1; }
      }
    }`;
}
