import type { Cluster } from '@pinwheel/cluster';
import { startCluster } from '@pinwheel/cluster';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { isChromiumMissing, serverOf, TestBrowser } from './browser.js';

describe.skipIf(isChromiumMissing)('the page in Chromium (apt-get install chromium)', () => {
  let cluster: Cluster;
  let browser: TestBrowser;

  beforeAll(async () => {
    cluster = await startCluster({ port: 0, nodePort: 0, policy: 'round_robin', websocketPolicy: 'round_robin' });
    browser = await TestBrowser.start();
  });
  afterAll(async () => {
    await browser?.close();
    await cluster.stop(0);
  });
  afterEach(() => browser.closePages());

  const open = (path = '/'): Promise<Page> => browser.open(cluster.url + path);

  /** Pages on both servers. */
  async function openOnBoth(path: string): Promise<[Page, Page]> {
    const first = await open(path);
    const server = await serverOf(first);
    for (let tries = 0; tries < 8; tries++) {
      const second = await open(path);
      if ((await serverOf(second)) !== server) return [first, second];
      await second.close();
    }
    throw new Error(`expected a page on another server than ${server}`);
  }

  test('shows its server, the upgrade to WebSocket and the echo', async () => {
    const page = await open();
    expect(await page.textContent('#server-name')).toMatch(/^Server[12]$/);
    await page.waitForSelector('body[data-transport="websocket"]');
    await page.waitForFunction(() => Number(document.querySelector('#upgrade-ms')?.getAttribute('data-ms')) > 0);
    await page.waitForFunction(() => Number(document.querySelector('#rtt')?.getAttribute('data-ms')) > 0);
    await page.fill('#message-text', 'hello <b>there</b>');
    await page.press('#message-text', 'Enter');
    await page.waitForFunction(() =>
      document.querySelector('#answers')?.textContent?.includes('Server received from client: hello <b>there</b>'),
    );
  });

  test('two pages show two servers under round robin', async () => {
    const pages = await openOnBoth('/');
    const names = await Promise.all(pages.map((page) => page.textContent('#server-name')));
    expect(new Set(names)).toEqual(new Set(['Server1', 'Server2']));
  });

  test('a room message reaches the page on the other node', async () => {
    const [here, there] = await openOnBoth('/?room=lobby');
    await here.waitForSelector('#room-members[data-count="2"]');
    await here.fill('#say-text', 'across the nodes');
    await here.press('#say-text', 'Enter');
    const item = await there.waitForSelector('#room-log [data-cross="true"]');
    expect(await item.textContent()).toContain('across the nodes');
    expect(await item.getAttribute('data-server')).toBe(await serverOf(here));
    const own = await here.waitForSelector('#room-log [data-cross="false"]');
    expect(await own.textContent()).toContain('across the nodes');
  });

  test('has no controls where the cluster was started without', async () => {
    const page = await open();
    await page.waitForSelector('#nodes [data-name="Server2"][data-state="up"]');
    expect(await page.locator('#nodes button').count()).toBe(0);
  });
});
