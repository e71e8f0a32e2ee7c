import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { until } from '@pinwheel/testing/until';
import { isMissing, Recipe, RUNNERS } from '../classics/recipe.js';
import { freePorts } from '@pinwheel/testing/ports';
import { type To, bodyOf, exchange } from '@pinwheel/testing/raw-http';

const GET = 'GET / HTTP/1.0\n\n';
const WHO = '$remote_addr|$server_addr|$server_port';

describe.each(RUNNERS)('listeners, run by %s', (runner) => {
  describe.skipIf(isMissing(runner))('apt-get install nginx', () => {
    let recipe: Recipe;
    let port: number;
    let folder: string;
    const socketPath = (): string => join(folder, 'a.sock');

    const server = (listen: string, name: string): string =>
      `server { listen ${listen}; return 200 "${name} ${WHO}"; }`;
    const file = (...servers: readonly string[]): string => `events {} http { access_log off; ${servers.join('\n')} }`;
    const body = async (to: To): Promise<string> => bodyOf(await exchange(to, GET));
    /** True when a server answers there. */
    const answers = async (to: To): Promise<boolean> => {
      try {
        return (await exchange(to, GET)) !== '';
      } catch {
        return false;
      }
    };

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'pinwheel-listen-'));
      port = await freePorts(12);
    });
    afterAll(() => rm(folder, { recursive: true }));
    afterEach(() => recipe.stop());

    test('a wildcard and single addresses of its port are separate listeners', async () => {
      recipe = await Recipe.start(
        runner,
        file(
          server(`127.0.0.1:${port}`, 'one'),
          server(`${port} default_server`, 'wild'),
          server(`127.0.0.2:${port}`, 'two'),
          server(`[::1]:${port + 1}`, 'one6'),
          server(`[::]:${port + 1}`, 'wild6'),
        ),
        port,
      );
      expect(await body({ host: '127.0.0.1', port })).toBe(`one 127.0.0.1|127.0.0.1|${port}`);
      expect(await body({ host: '127.0.0.2', port })).toBe(`two 127.0.0.1|127.0.0.2|${port}`);
      expect(await body({ host: '127.0.0.3', port })).toBe(`wild 127.0.0.1|127.0.0.3|${port}`);
      expect(await body({ host: '::1', port: port + 1 })).toBe(`one6 ::1|::1|${port + 1}`);
    });

    test('ranges of ports, IPv6, and a dual-stack wildcard are bound', async () => {
      recipe = await Recipe.start(
        runner,
        file(
          server(`127.0.0.1:${port}-${port + 2}`, 'range'),
          server(`[::1]:${port + 3} so_keepalive=10s backlog=64`, 'six'),
          server(`[::]:${port + 4} ipv6only=off`, 'dual'),
          server(`[::]:${port + 5}`, 'only6'),
          server(`127.0.0.1:${port + 5} bind so_keepalive=on`, 'beside'),
        ),
        port,
      );
      for (let i = 0; i < 3; i++) expect(await body({ port: port + i })).toBe(`range 127.0.0.1|127.0.0.1|${port + i}`);
      expect(await body({ host: '::1', port: port + 3 })).toBe(`six ::1|::1|${port + 3}`);
      expect(await answers({ host: '127.0.0.1', port: port + 3 })).toBe(false);
      expect(await body({ host: '::1', port: port + 4 })).toBe(`dual ::1|::1|${port + 4}`);
      // nginx shows an IPv4 client of such a socket as ::ffff:127.0.0.1; here it is the IPv4 address itself.
      const mapped = runner === 'nginx' ? '::ffff:127.0.0.1' : '127.0.0.1';
      expect(await body({ host: '127.0.0.1', port: port + 4 })).toBe(`dual ${mapped}|${mapped}|${port + 4}`);
      expect(await body({ host: '::1', port: port + 5 })).toBe(`only6 ::1|::1|${port + 5}`);
      expect(await body({ host: '127.0.0.1', port: port + 5 })).toBe(`beside 127.0.0.1|127.0.0.1|${port + 5}`);
    });

    test('a unix socket is open to all users, has no client address, and is removed with its server', async () => {
      recipe = await Recipe.start(
        runner,
        file(
          server(`127.0.0.1:${port}`, 'tcp'),
          `server { listen unix:${socketPath()};
             return 200 "$remote_addr|$remote_port|$server_addr|$server_port|$realip_remote_addr|$binary_remote_addr"; }`,
        ),
        port,
      );
      expect(await body({ path: socketPath() })).toBe(`unix:||unix:${socketPath()}||unix:|unix:`);
      expect(statSync(socketPath()).mode & 0o777).toBe(0o666);
      await recipe.stop();
      expect(existsSync(socketPath())).toBe(false);
    });

    test('a file in place of the socket is reported, and stays', async () => {
      await writeFile(socketPath(), '');
      const start = Recipe.start(runner, file(server(`unix:${socketPath()}`, 'a')), port);
      await expect(start).rejects.toThrow(
        `does not serve the file: ${runner}: [emerg] bind() to unix:${socketPath()} failed (98: Address already in use)`,
      );
      expect(existsSync(socketPath())).toBe(true);
      await rm(socketPath());
      recipe = await Recipe.start(runner, file(server(`127.0.0.1:${port}`, 'a')), port);
    });

    test('a reload keeps, adds and removes listeners of every kind', async () => {
      recipe = await Recipe.start(
        runner,
        file(server(`${port}`, 'wild'), server(`127.0.0.1:${port + 1}`, 'gone'), server(`[::1]:${port + 2}`, 'kept')),
        port,
      );
      expect(await body({ port })).toContain('wild');
      const next = file(
        server(`${port}`, 'wild'),
        server(`127.0.0.1:${port}`, 'single'),
        server(`[::1]:${port + 2}`, 'kept'),
        server(`unix:${socketPath()}`, 'unix'),
        server(`127.0.0.1:${port + 3}-${port + 4}`, 'range'),
      );
      await recipe.reload(next);
      await until(
        'reloaded',
        async () => (await answers({ path: socketPath() })) && !(await answers({ port: port + 1 })),
      );
      expect(await body({ port })).toContain('single');
      expect(await body({ host: '127.0.0.9', port })).toContain('wild');
      expect(await body({ port: port + 4 })).toContain('range');
      expect(await body({ host: '::1', port: port + 2 })).toContain('kept');
      await recipe.reload(file(server(`${port}`, 'wild'), server(`[::1]:${port + 2}`, 'kept')));
      await until('reloaded', async () => !(await answers({ path: socketPath() })));
      expect(existsSync(socketPath())).toBe(false);
      // An old worker of nginx may still accept.
      await until('one server for all addresses', async () => (await body({ port })).startsWith('wild'));
    });
  });
});
