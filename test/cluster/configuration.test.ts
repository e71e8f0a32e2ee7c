import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster } from '@pinwheel/cluster';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect } from '../fixture/connect.js';
import { takePort } from '../fixture/program.js';

describe('a cluster whose balancer has an nginx.conf', () => {
  let folder = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pinwheel-cluster-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function write(text: string): Promise<string> {
    const file = join(folder, 'nginx.conf');
    await writeFile(file, text);
    return file;
  }

  test('serves clients as the file says', async () => {
    const [node, balancer] = await Promise.all([takePort(), takePort()]);
    await Promise.all([node.release(), balancer.release()]);
    const config = await write(`events { }
      http {
        access_log off;
        upstream websocket { server 127.0.0.1:${node.port}; }
        server { listen 127.0.0.1:${balancer.port};
          location = /who { return 200 "the file"; }
          location / { proxy_pass http://websocket; proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade"; } }
      }`);
    const cluster = await startCluster({ nodes: 1, nodePort: node.port, config });
    try {
      expect(cluster.url).toBe(`http://127.0.0.1:${balancer.port}`);
      expect(await (await fetch(`${cluster.url}/who`)).text()).toBe('the file');
      const { client, server, errors } = await connect(cluster.url);
      client.disconnect();
      expect([server, errors]).toEqual(['Server1', []]);
    } finally {
      await cluster.stop(0);
    }
  });

  test('does not start with a file that is wrong, and says where', async () => {
    const config = await write('events { }\nhttp {\n  foo on;\n}\n');
    await expect(startCluster({ config })).rejects.toThrow(`unknown directive "foo" in ${config}:3`);
  });
});
