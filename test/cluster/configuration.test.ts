import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster } from '@pinwheel/cluster';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect } from '@pinwheel/testing/connect';
import { freePorts } from '@pinwheel/testing/ports';

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

  test('serves clients as the file configures', async () => {
    const node = await freePorts(2);
    const balancer = node + 1;
    const config = await write(`events { }
      http {
        access_log off;
        upstream websocket { server 127.0.0.1:${node}; }
        server { listen 127.0.0.1:${balancer};
          location = /who { return 200 "the file"; }
          location / { proxy_pass http://websocket; proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade"; } }
      }`);
    const cluster = await startCluster({ nodes: 1, nodePort: node, config });
    try {
      expect(cluster.url).toBe(`http://127.0.0.1:${balancer}`);
      expect(await (await fetch(`${cluster.url}/who`)).text()).toBe('the file');
      const { client, server, errors } = await connect(cluster.url);
      client.disconnect();
      expect([server, errors]).toEqual(['Server1', []]);
    } finally {
      await cluster.stop(0);
    }
  });

  test('does not start with a mistake in the file, and names its line', async () => {
    const config = await write('events { }\nhttp {\n  foo on;\n}\n');
    await expect(startCluster({ config })).rejects.toThrow(`unknown directive "foo" in ${config}:3`);
  });
});
