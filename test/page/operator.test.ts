import type { ProxyHistory } from '@pinwheel/proxy';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { seriousFindings } from './axe.js';
import { Admin } from '../admin/admin-client.js';
import { connect } from '@pinwheel/testing/connect';
import { type Program, endPrograms, startProgram } from '@pinwheel/testing/program';
import { isChromiumMissing, TestBrowser } from './browser.js';

const LIVE = 'body[data-state="live"]';

describe.skipIf(isChromiumMissing)("the operator's page in Chromium (apt-get install chromium)", () => {
  let browser: TestBrowser;

  beforeAll(async () => {
    browser = await TestBrowser.start();
  });
  afterAll(() => browser?.close());

  describe('of a cluster', () => {
    let program: Program;
    let admin: Admin;
    let url = '';

    beforeAll(async () => {
      const free = ['--port', '0', '--node-port', '0', '--admin-port', '0'];
      program = startProgram('apps/cluster/dist/main.js', [...free, '--policy', 'round_robin'], { REDIS_URL: '' });
      url = (await program.line('stdout', /^ready /)).split(' ')[1] ?? '';
      admin = new Admin((await program.line('stderr', /^admin \| listens on /)).split(' ').at(-1) ?? '');
    });
    afterAll(endPrograms);
    afterEach(() => browser.closePages());

    const open = (): Promise<Page> => browser.open(`${admin.url}/status`, LIVE);
    const inState = (page: Page, name: string, state: string): Promise<unknown> =>
      page.waitForSelector(`#nodes tr[data-name="${name}"][data-state="${state}"]`, { timeout: 15_000 });
    /** Waits until the cell of a row has this text. */
    const cell = (page: Page, row: string, label: string, text: string): Promise<unknown> =>
      page
        .locator(`tr[data-name="${row}"] td[data-label="${label}"]`)
        .getByText(text, { exact: true })
        .waitFor({ timeout: 10_000 });

    test('a browser gets the page with its policy, other clients get the JSON', async () => {
      const ask = (path: string, accept: string): Promise<Response> => fetch(admin.url + path, { headers: { accept } });
      for (const path of ['/', '/status']) {
        const { headers } = await ask(path, 'text/html,application/xhtml+xml,*/*;q=0.8');
        expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
        expect(headers.get('vary')).toBe('accept, accept-encoding');
        const policy = headers.get('content-security-policy') ?? '';
        expect(policy).toContain("default-src 'none'");
        expect(policy).not.toContain('unsafe');
        expect((await ask(path, '*/*')).headers.get('content-type')).toBe('application/json; charset=utf-8');
      }
      expect(await (await ask('/status.json', 'text/html')).json()).toMatchObject({ name: 'pinwheel' });
      expect((await ask('/assets/..%2findex.html', '*/*')).status).toBe(404);
    });

    test('shows nodes and peers with the figures of the JSON', async () => {
      const { client, server } = await connect(url, { transports: ['websocket'] });
      const other = await connect(url, { transports: ['polling'] });
      const page = await open();
      await cell(page, server, 'Sessions now, websocket', '1');
      await cell(page, other.server, 'Sessions now, polling', '1');
      const { peers, nodes, listeners } = await admin.status();
      expect(await page.locator('#nodes tbody tr').count()).toBe(2);
      for (const { name, tag, sessions, requests } of peers) {
        const node = nodes.find((one) => one.tag === tag);
        const row = page.locator(`[data-upstream="nodes"] tr[data-name="${name}"]`);
        expect(await row.getAttribute('data-state')).toBe('up');
        expect(await row.locator('th').innerText()).toBe(node?.name);
        await cell(page, name, 'New sessions, polling', String(sessions.polling));
        expect(requests).toBeGreaterThan(0);
      }
      await cell(page, listeners[0]?.name ?? '', 'Connections, now', String(listeners[0]?.connections));
      const all = page.locator('[data-upstream="nodes"] tfoot td[data-label="State"]');
      expect(await all.textContent()).toBe('2 of 2 up');
      client.disconnect();
      other.client.disconnect();
    });

    test('the plots have the seconds before the page was opened', async () => {
      const { total } = (await (await fetch(`${admin.url}/history`)).json()) as ProxyHistory;
      expect(Math.max(...total.requests)).toBeGreaterThan(0);
      const page = await open();
      expect(await page.locator('.plot canvas').count()).toBe(8);
      const first = page.locator('#listeners .plot').first();
      expect(await first.locator('.plot-top').textContent()).toMatch(/^max [\d.,]+\/s$/);
      await first.locator('.u-over').hover();
      await page.waitForFunction(() =>
        [...document.querySelectorAll('.plot-note')].every((note) => note.textContent?.endsWith(' ago')),
      );
    });

    test("the visitor's page has a link to it", async () => {
      const page = await browser.open(url);
      await page.click('#operator');
      await page.waitForSelector(LIVE);
      expect(page.url()).toBe(`${admin.url}/status`);
    });

    test('a node killed with its button goes down and comes back', async () => {
      const page = await open();
      const before = await admin.node('Server2');
      await page.click('#nodes tr[data-name="Server2"] [data-verb="kill"]');
      await page.locator('.said').getByText('Server2: killed process').waitFor();
      await page.waitForSelector('#nodes tr[data-name="Server2"]:not([data-state="up"])');
      await inState(page, 'Server2', 'up');
      await cell(page, 'Server2', 'Crashes', String(before.crashes + 1));
    });

    test('a hung node is shown at the node and at the peer, until it is resumed', async () => {
      const page = await open();
      const { tag } = await admin.node('Server1');
      const { peers } = await admin.status();
      const peer = peers.find((one) => one.tag === tag)?.name ?? '';
      await page.click('#nodes tr[data-name="Server1"] [data-verb="hang"]');
      await inState(page, 'Server1', 'hung');
      await page.waitForSelector(`[data-upstream] tr[data-name="${peer}"][data-tone="still"]`);
      await page.click('#nodes tr[data-name="Server1"] [data-verb="resume"]');
      await inState(page, 'Server1', 'up');
    });

    test('Redis is cut and restored', async () => {
      const page = await open();
      await page.click('.redis [data-verb="cut"]');
      await page.waitForSelector('.redis[data-state="cut"]');
      await page.click('.redis [data-verb="restore"]');
      await page.waitForSelector('.redis[data-state="up"]');
    });

    test('shows since when there is no answer, and continues by itself', async () => {
      const page = await open();
      program.child.kill('SIGSTOP');
      await page.waitForSelector('body[data-state="lost"]', { timeout: 15_000 });
      expect(await page.textContent('#state')).toBe('no answer');
      expect(await page.textContent('#silence')).toMatch(/^since \d+ s: no answer within 4 s$/);
      program.child.kill('SIGCONT');
      await page.waitForSelector(LIVE, { timeout: 15_000 });
      expect(await page.textContent('#silence')).toBe('');
    });

    test('makes no requests in the background', async () => {
      const page = await open();
      const hide = (isHidden: boolean): Promise<void> =>
        page.evaluate((hidden) => {
          Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
          document.dispatchEvent(new Event('visibilitychange'));
        }, isHidden);
      await page.waitForResponse(/\/status$/);
      await hide(true);
      let asked = 0;
      page.on('request', () => asked++);
      await expect(page.waitForRequest(/\/status$/, { timeout: 2_500 })).rejects.toThrow('Timeout');
      expect(asked).toBe(0);
      const [history] = await Promise.all([page.waitForResponse(/\/history$/), hide(false)]);
      expect(history.ok()).toBe(true);
      await page.waitForResponse(/\/status$/);
    });

    test.each(['light', 'dark'] as const)('has no serious finding of axe-core in %s', async (colorScheme) => {
      const page = await open();
      await page.emulateMedia({ colorScheme });
      expect(await seriousFindings(page)).toEqual([]);
    });

    test('a phone shows every row without scrolling sideways', async () => {
      const page = await open();
      await page.setViewportSize({ width: 360, height: 740 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      const boxes = page.locator('.table-box');
      for (let i = 0; i < (await boxes.count()); i++) {
        const wide = await boxes.nth(i).evaluate((box) => box.scrollWidth - box.clientWidth);
        expect(wide).toBe(0);
      }
      expect(await seriousFindings(page)).toEqual([]);
    });

    test('the keyboard reaches the buttons, and keeps its place when one changes', async () => {
      const page = await open();
      const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.ariaLabel ?? '');
      await page.focus('#nodes .table-box');
      for (const label of ['Drain', 'Restart', 'Hang']) {
        await page.keyboard.press('Tab');
        expect(await focused()).toBe(`${label} Server1`);
      }
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => document.activeElement?.ariaLabel === 'Resume Server1');
      await page.keyboard.press('Enter');
      await inState(page, 'Server1', 'up');
    });
  });

  test('a balancer alone has listeners and peers, and no nodes', async () => {
    const peers = '127.0.0.1:1,127.0.0.1:2;backup,127.0.0.1:3;down';
    const args = ['--listen', '0', '--admin-port', '0', '--upstream', peers];
    const program = startProgram('apps/balancer/dist/main.js', args);
    const ready = await program.line('stdout', /^ready /);
    const url = /http:\S+$/.exec(await program.line('stderr', /: admin http/))?.[0] ?? '';
    expect((await fetch(ready.split(' ')[1] ?? '')).status).toBe(502);
    const page = await browser.open(url, LIVE);
    const states = page.locator('[data-upstream="upstream"] tbody tr');
    expect(await states.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-state')))).toEqual([
      'failed',
      'failed',
      'down',
    ]);
    expect(await page.locator('[data-upstream] tfoot td').first().textContent()).toBe('0 of 2 up');
    expect(await page.locator('.badge').textContent()).toBe('backup');
    expect(await page.locator('#nodes').isHidden()).toBe(true);
    await browser.closePages();
    await endPrograms();
  });
});
