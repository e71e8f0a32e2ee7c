import { startCluster } from '@pinwheel/cluster';
import type { Cluster } from '@pinwheel/cluster';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '@pinwheel/testing/ports';
import { Recipe } from '../classics/recipe.js';
import { isChromiumMissing, TestBrowser } from './browser.js';
import { mouse } from './hand.js';
import { happened, meetsOthers, seesTheCluster, type Setting, survives } from './story.js';

describe.skipIf(isChromiumMissing)('the page with polling only, in Chromium (apt-get install chromium)', () => {
  let cluster: Cluster;
  let outer: Recipe;
  let url: string;
  let browser: TestBrowser;

  beforeAll(async () => {
    cluster = await startCluster({ port: 0, nodePort: 0, policy: 'round_robin', controls: true });
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    // A proxy in front that does not support WebSockets.
    const conf = `events {} http { access_log off;
      server { listen 127.0.0.1:${port}; location / { proxy_pass ${cluster.url}; proxy_read_timeout 60s; } } }`;
    outer = await Recipe.start('pinwheel', conf, port);
    browser = await TestBrowser.start();
  });
  afterAll(async () => {
    await browser?.close();
    await outer?.stop();
    await cluster.stop(0);
  });
  afterEach(async () => {
    browser.forgiveLosses();
    await browser.closePages();
  });

  test.each([
    ['a proxy in front blocks WebSocket', '/', 'WebSocket is blocked: stays on polling'],
    ['its address requests polling', '/?transport=polling', undefined],
  ])(
    'reports it and still does everything, where %s',
    async (_why, path, reported) => {
      const page = await browser.open(url + path);
      const setting: Setting = { hand: mouse, room: 'polls', transport: 'polling', others: 'anywhere' };
      await seesTheCluster(page, setting);
      if (reported !== undefined) await happened(page, reported);
      await meetsOthers(page, setting);
      if (reported !== undefined) await survives(page, setting);
      expect(await page.getAttribute('body', 'data-transport')).toBe('polling');
    },
    90_000,
  );

  test('a page that leaves between two polls ends its session', async () => {
    const stays = await browser.open(`${url}/?transport=polling&room=farewell`);
    await stays.waitForSelector('#room-members[data-count="1"]');
    const leaves = await browser.open(`${url}/?transport=polling&room=farewell`);
    await stays.waitForSelector('#room-members[data-count="2"]');
    const farewell = leaves.waitForRequest((request) => request.method() === 'POST' && request.postData() === '1');
    // Aborting a poll in flight ends the session too; without one the page's close packet does.
    await leaves.evaluate(() => window.dispatchEvent(new PageTransitionEvent('pagehide')));
    expect(new URL((await farewell).url()).searchParams.get('sid')).toMatch(/^[\w~.-]{20,}$/u);
    await leaves.close();
    await stays.waitForSelector('#room-members[data-count="1"]');
  }, 60_000);
});
