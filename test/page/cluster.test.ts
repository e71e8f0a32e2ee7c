import { type Cluster, startCluster } from '@pinwheel/cluster';
import type { ClientToServerEvents, ServerToClientEvents } from '@pinwheel/protocol';
import type { Page } from 'playwright-core';
import { io, type Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { seriousFindings } from './axe.js';
import { isChromiumMissing, serverOf, TestBrowser } from './browser.js';
import { happened } from './story.js';

describe.skipIf(isChromiumMissing)('the page of a cluster with controls (apt-get install chromium)', () => {
  let cluster: Cluster;
  let browser: TestBrowser;

  beforeAll(async () => {
    cluster = await startCluster({
      port: 0,
      nodePort: 0,
      policy: 'round_robin',
      websocketPolicy: 'round_robin',
      controls: true,
    });
    browser = await TestBrowser.start();
  });
  afterAll(async () => {
    await browser?.close();
    await cluster.stop(0);
  });
  afterEach(() => browser.closePages());

  async function open(path = '/'): Promise<Page> {
    const page = await browser.open(cluster.url + path);
    await page.waitForSelector('#nodes [data-name="Server1"][data-state="up"]');
    return page;
  }

  const press = (page: Page, name: string, verb: string): Promise<void> =>
    page.click(`#nodes [data-name="${name}"] [data-verb="${verb}"]`);
  const inState = (page: Page, name: string, state: string): Promise<unknown> =>
    page.waitForSelector(`#nodes [data-name="${name}"][data-state="${state}"]`, { timeout: 15_000 });

  test('draws both nodes with their clients, and pulses for answers', async () => {
    const page = await open();
    expect(await page.getAttribute('#cluster', 'data-nodes')).toBe('2');
    expect(await page.getAttribute('#cluster', 'data-redis')).toBe('up');
    const map = page.locator('#map svg');
    await page.waitForFunction(() => /: up, 1 websocket/.test(document.querySelector('#map svg')?.ariaLabel ?? ''));
    expect(await map.getAttribute('aria-label')).toContain(`${await serverOf(page)}, yours: up`);
    await page.waitForFunction(() => Number(document.querySelector<HTMLElement>('#cluster')?.dataset['pulses']) > 0);
  });

  test('opens another client on the other server, and messages through Redis show what that costs', async () => {
    const page = await open('/?room=beside');
    await page.waitForSelector('#room[data-joined="beside"]');
    const own = await serverOf(page);
    for (let client = 1; client <= 2; client++) {
      await page.click('#beside-open');
      await page
        .locator('#beside > li[data-server]')
        .nth(client - 1)
        .waitFor();
    }
    const other = page.locator(`#beside > li:not([data-server="${own}"])`).first();
    // Both nodes have measured how long a message takes through Redis and back.
    await page.waitForFunction(
      () => (document.querySelector('#nodes')?.textContent.match(/Redis [\d.]+ ms/g) ?? []).length === 2,
    );
    await other.getByText('Say hello').click();
    const said = page.locator('#room-log > li[data-cross="true"]').first();
    await said.waitFor();
    expect(await said.textContent()).toMatch(/cross-node \+[\d.]+ ms.*hello from/);
    await page.fill('#say-text', 'to you all');
    await page.press('#say-text', 'Enter');
    await other.getByText('hears you: to you all').waitFor();
  });

  test('shows a hung node and disconnects from it', async () => {
    const page = await open();
    const own = await serverOf(page);
    await press(page, own, 'hang');
    await inState(page, own, 'hung');
    await happened(page, '→ on Server');
    expect(await serverOf(page)).not.toBe(own);
    await press(page, own, 'revive');
    await inState(page, own, 'up');
    browser.forgiveLosses();
  });

  test('drains a node to the other one, which stays down until it is revived', async () => {
    const page = await open();
    const own = await serverOf(page);
    await press(page, own, 'drain');
    await happened(page, `lost ${own} → on`);
    expect(await serverOf(page)).not.toBe(own);
    await inState(page, own, 'down');
    await press(page, own, 'revive');
    await inState(page, own, 'up');
    browser.forgiveLosses();
  });

  test('counts messages as missed while the browser was offline', async () => {
    const page = await open('/?room=away');
    await page.waitForSelector('#room-members[data-count="1"]');
    const speaker: Socket<ServerToClientEvents, ClientToServerEvents> = io(cluster.url, {
      forceNew: true,
      transports: ['websocket'],
    });
    onTestFinished(() => void speaker.disconnect());
    const say = (text: string): Promise<unknown> => speaker.emitWithAck('say', 'away', text);
    await speaker.emitWithAck('join', 'away');
    await say('heard');
    await page.locator('#room-log > li').waitFor();
    await browser.setOffline(true);
    await happened(page, 'this browser is offline');
    await page.waitForSelector('body[data-state="lost"]');
    await say('missed');
    await say('missed too');
    await browser.setOffline(false);
    expect(await happened(page, /→ on Server.*missed/u)).toContain('2 messages missed');
    browser.forgiveLosses();
  });

  test('the classic page shows connecting.... and then the server’s name and port', async () => {
    const page = await browser.open(`${cluster.url}/classic`);
    const shown = (await page.textContent('#message')) ?? '';
    expect(cluster.nodes.map(({ name, port }) => `${name} ${port}`)).toContain(shown);
    const html = await (await fetch(`${cluster.url}/classic`)).text();
    expect(html).toContain('>connecting....<');
  });

  test('shows any message as text, also in the layout for phones', async () => {
    const page = await open('/?room=%3Cimg%20src%3Dx%3E');
    await page.setViewportSize({ width: 360, height: 740 });
    await page.waitForSelector('#room[data-joined]');
    const texts = ['<img src=x onerror=alert(1)>', '👩‍👩‍👧‍👦 🇺🇳', 'مرحبا \u202eabc', 'x'.repeat(10_000)];
    for (const text of texts) {
      await page.fill('#say-text', text);
      await page.press('#say-text', 'Enter');
      await page.waitForFunction(
        (said) => [...document.querySelectorAll('#room-log .said-text')].some((item) => item.textContent === said),
        text,
      );
    }
    expect(await page.locator('#room-log img').count()).toBe(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  });

  test.each(['light', 'dark'] as const)('has no serious finding of axe-core in %s', async (colorScheme) => {
    const page = await open('/?room=axe');
    await page.emulateMedia({ colorScheme });
    await page.click('#beside-open');
    await page.waitForSelector('#beside > li[data-server]');
    await page.waitForSelector('#room-members[data-count="2"]');
    expect(await seriousFindings(page)).toEqual([]);
  });
});
