import { type Cluster, startCluster } from '@pinwheel/cluster';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isChromiumMissing, PHONE, serverOf, TestBrowser } from './browser.js';
import { finger, type Hand, keyboard, mouse } from './hand.js';
import { happened, meetsOthers, seesTheCluster, type Setting, survives } from './story.js';

type Policy = 'ip_hash' | 'round_robin';

async function cluster(policy: Policy | undefined): Promise<Cluster> {
  const policies = policy === undefined ? {} : { policy, websocketPolicy: policy };
  const started = await startCluster({ port: 0, nodePort: 0, controls: true, ...policies });
  onTestFinished(() => started.stop(0));
  return started;
}

async function browser(options: Parameters<typeof TestBrowser.start>[0] = {}): Promise<TestBrowser> {
  const started = await TestBrowser.start(options);
  onTestFinished(async () => {
    started.forgiveLosses();
    try {
      await started.closePages();
    } finally {
      await started.close();
    }
  });
  return started;
}

describe.skipIf(isChromiumMissing)('the story of the page in Chromium (apt-get install chromium)', () => {
  const ways: readonly (readonly [Policy, Hand, Parameters<typeof TestBrowser.start>[0]])[] = [
    ['ip_hash', mouse, {}],
    ['round_robin', keyboard, {}],
    ['round_robin', finger, PHONE],
  ];
  test.each(ways.map(([policy, hand, options]) => ({ policy, by: hand.name, hand, options })))(
    'works with $policy, operated by $by',
    async ({ policy, hand, options }) => {
      const { url } = await cluster(policy);
      const page = await (await browser(options)).open(`${url}/`);
      const others = policy === 'ip_hash' ? 'same' : 'anywhere';
      const setting: Setting = { hand, room: 'story', transport: 'websocket', others };
      await seesTheCluster(page, setting);
      await meetsOthers(page, setting);
      await survives(page, setting);
      const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      expect(width[0]).toBeLessThanOrEqual(width[1] ?? 0);
    },
    90_000,
  );

  test('two browsers meet in a room by its link, and both survive their servers', async () => {
    const { url } = await cluster(undefined);
    const [left, right] = await Promise.all([browser(), browser()]);
    const [here, there] = await Promise.all([left.open(`${url}/?room=lobby`), right.open(`${url}/`)]);
    await there.goto((await here.getAttribute('#room-link', 'href').then((link) => new URL(link ?? '', url))).href);
    for (const page of [here, there]) await page.waitForSelector('#room-members[data-count="2"]');

    await mouse.write(here, '#say-text', 'from the one');
    await there.locator('#room-log', { hasText: 'from the one' }).waitFor();
    await mouse.write(there, '#say-text', 'from the other');
    await here.locator('#room-log', { hasText: 'from the other' }).waitFor();

    // Both see what one of them does.
    const own = await serverOf(there);
    await mouse.press(here, `#nodes [data-name="${own}"] [data-verb="drain"]`);
    for (const page of [here, there]) {
      await page.waitForSelector(`#nodes [data-name="${own}"][data-state="down"]`, { timeout: 15_000 });
      await page.waitForSelector(`body[data-state="connected"]:not([data-server="${own}"])`, { timeout: 15_000 });
    }
    expect(await happened(there, /→ on Server.*missed/u)).toContain('0 messages missed');
    for (const page of [here, there]) await page.waitForSelector('#room-members[data-count="2"]');
    await mouse.write(there, '#say-text', 'still here');
    await here.locator('#room-log', { hasText: 'still here' }).waitFor();
  }, 90_000);
});
