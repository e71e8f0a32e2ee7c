import { io } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectAtOnce, connectInTurn, errorsOf, perServer } from '../fixture/connect.js';
import { startStockServer } from '../fixture/process.js';
import type { ServerProcess } from '../fixture/process.js';
import { freePort, isMissing, Recipe, RUNNERS } from './recipe.js';

/** CLASSICS D: app1 and app2 as plain Socket.IO servers, the recipe's very file in front of them. */
describe.each(RUNNERS)('app1 and app2 behind %s', (runner) => {
  let servers: ServerProcess[] = [];
  let recipe: Recipe | undefined;
  let port = 0;

  beforeEach(async () => {
    servers = await Promise.all(['Server1', 'Server2'].map(startStockServer));
    port = await freePort();
  });
  afterEach(async () => {
    await recipe?.stop();
    recipe = undefined;
    await Promise.all(servers.map((server) => server.kill()));
  });

  const file = (policy: string): string => `events { worker_connections 1024; }
    http {
      access_log off;
      upstream websocket { ${policy} server localhost:${servers[0]?.port}; server localhost:${servers[1]?.port}; }
      server {
        listen ${port};
        location / {
          proxy_pass http://websocket;
          proxy_http_version 1.1;
          proxy_set_header Host $host;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection "upgrade";
        }
      }
    }`;

  describe.skipIf(isMissing(runner))('(nginx: apt-get install nginx)', () => {
    const connects = runner === 'pinwheel' ? 'default clients connect at the first try' : 'default clients get errors';

    test(`D2: round robin, ${connects}`, async () => {
      recipe = await Recipe.start(runner, file('#ip_hash;\n'), port);
      const url = `http://127.0.0.1:${port}`;
      if (runner === 'pinwheel') {
        const all = [...(await connectInTurn(url, 60)), ...(await connectAtOnce(url, 30))];
        expect(errorsOf(all)).toEqual([]);
        const times = all.slice(0, 60).map((one) => one.connectMs);
        expect(times.toSorted((a, b) => a - b)[58]).toBeLessThan(100);
        expect(Object.keys(perServer(all))).toHaveLength(2);
      } else {
        // On purpose another outcome than Pinwheel's: that the recipe fails like this is why this project exists.
        const client = io(url, { forceNew: true });
        const message = await new Promise<string>((resolve) =>
          client.once('connect_error', (error) => resolve(error.message)),
        );
        client.disconnect();
        expect(message).toMatch(/error/);
      }
    });

    test('D2: ip_hash, an address always gets the same server', async () => {
      recipe = await Recipe.start(runner, file('ip_hash;'), port);
      const all = await connectInTurn(`http://127.0.0.1:${port}`, 20);
      expect(errorsOf(all)).toEqual([]);
      expect(Object.keys(perServer(all))).toHaveLength(1);
    });
  });
});
