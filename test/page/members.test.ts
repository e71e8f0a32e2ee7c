import { EventEmitter, once } from 'node:events';
import { startCluster } from '@pinwheel/cluster';
import type { Cluster } from '@pinwheel/cluster';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isChromiumMissing, TestBrowser } from './browser.js';

describe.skipIf(isChromiumMissing)('the members of a room, in Chromium (apt-get install chromium)', () => {
  let cluster: Cluster;
  let browser: TestBrowser;

  beforeAll(async () => {
    cluster = await startCluster({ port: 0, nodePort: 0 });
    browser = await TestBrowser.start();
  });
  afterAll(async () => {
    await browser?.close();
    await cluster.stop(0);
  });

  test('members are counted from the list, even when the answer to a join has another count and arrives after it', async () => {
    const page = await browser.blank();
    const joins = new EventEmitter();
    const joined = once(joins, 'answered');
    await page.routeWebSocket(/socket\.io/u, (client) => {
      const server = client.connectToServer();
      server.onMessage((message) => {
        // The answer to a join arrives late, and counts members of a node that has just died.
        const answer = /^(43\d+\[\{"ok":true,"room":"late","members":)1(\}\])$/u.exec(String(message));
        if (answer === null) client.send(message);
        else joins.emit('answered', () => client.send(`${answer[1]}7${answer[2]}`));
      });
    });
    await page.goto(`${cluster.url}/?transport=websocket&room=late`);
    const [answerJoin] = (await joined) as [() => void];

    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.waitForSelector('#room-members[data-count="1"]');
    await page.evaluate(() => {
      const list = document.querySelector<HTMLElement>('#room-members');
      const seen: string[] = [];
      if (list === null) return;
      new MutationObserver(() => {
        seen.push(list.dataset['count'] ?? '');
        document.body.dataset['counts'] = seen.join(' ');
      }).observe(list, { attributes: true, attributeFilter: ['data-count'] });
    });
    answerJoin();
    await page.waitForSelector('body[data-counts="7 1"]');
    expect(await page.textContent('#room-count')).toBe('1 member');
    await browser.closePages();
  }, 60_000);
});
