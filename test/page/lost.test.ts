import { type Cluster, startCluster } from '@pinwheel/cluster';
import type { ClientToServerEvents, Said, ServerToClientEvents } from '@pinwheel/protocol';
import { until } from '@pinwheel/testing/until';
import { io, type Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { isChromiumMissing, serverOf, TestBrowser } from './browser.js';
import { happened } from './story.js';

/** A client in the room on another server than the page. */
interface Other {
  readonly heard: Said[];
  say(text: string): Promise<unknown>;
  /** Waits for a text from another client. */
  hears(text: string): Promise<void>;
}

describe.skipIf(isChromiumMissing)('messages around a loss of the connection (apt-get install chromium)', () => {
  let cluster: Cluster;
  let browser: TestBrowser;

  beforeAll(async () => {
    const policies = { policy: 'round_robin', websocketPolicy: 'round_robin' } as const;
    cluster = await startCluster({ port: 0, nodePort: 0, ...policies, controls: true });
    browser = await TestBrowser.start();
  });
  afterAll(async () => {
    await browser?.close();
    await cluster.stop(0);
  });
  beforeEach(() => until('both nodes are ready', () => cluster.nodes.every(({ ready }) => ready)));
  afterEach(async () => {
    browser.forgiveLosses();
    await browser.closePages();
  });

  async function someoneElse(room: string, server: string): Promise<Other> {
    for (let tries = 0; tries < 8; tries++) {
      const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io(cluster.url, {
        forceNew: true,
        transports: ['websocket'],
      });
      onTestFinished(() => void socket.disconnect());
      const its = await new Promise<string>((resolve) => socket.once('server', (greeting) => resolve(greeting.server)));
      if (its === server) continue;
      const heard: Said[] = [];
      socket.on('said', (said) => heard.push(said));
      await socket.emitWithAck('join', room);
      return {
        heard,
        say: (text) => socket.emitWithAck('say', room, text),
        hears: (text) =>
          new Promise((resolve) => {
            const look = (): void => {
              if (heard.some(({ payload }) => payload === text)) resolve();
              else socket.once('said', look);
            };
            look();
          }),
      };
    }
    throw new Error(`expected a client on another server than ${server}`);
  }

  test('messages written while away are kept, and arrive once and in order after the return', async () => {
    const page = await browser.open(`${cluster.url}/?room=kept`);
    await page.waitForSelector('#room[data-joined]');
    const other = await someoneElse('kept', await serverOf(page));
    const say = async (text: string): Promise<void> => {
      await page.fill('#say-text', text);
      await page.press('#say-text', 'Enter');
    };
    await say('before');
    await other.hears('before');
    await cluster.kill(await serverOf(page));
    await page.waitForSelector('body[data-state="lost"]');
    await say('one');
    await say('two');
    expect(await page.textContent('#say-kept')).toBe('Kept until you are back: 2 messages.');
    await happened(page, /→ on Server.*missed/u);
    await say('after');
    await other.hears('after');
    expect(other.heard.map(({ payload }) => payload)).toEqual(['before', 'one', 'two', 'after']);
    expect(await page.textContent('#say-kept')).toBe('');
  });

  test('messages that Redis loses while it is cut are counted exactly', async () => {
    const page = await browser.open(`${cluster.url}/?room=cut`);
    await page.waitForSelector('#room[data-joined]');
    const other = await someoneElse('cut', await serverOf(page));
    await other.say('before');
    await page.locator('#room-log > li', { hasText: 'before' }).waitFor();
    await cluster.controls.redis('cut');
    await page.waitForSelector('#cluster[data-redis="cut"]');
    await other.say('lost');
    await other.say('lost too');
    await cluster.controls.redis('restore');
    await page.waitForSelector('#cluster[data-redis="up"]');
    let said = 3;
    await expect
      .poll(
        async () => {
          await other.say('again');
          said += 1;
          return page.locator('#room-log > li', { hasText: 'again' }).count();
        },
        { timeout: 15_000, interval: 300 },
      )
      .toBeGreaterThan(0);
    await happened(page, 'did not come through Redis');
    // The list of members or the next message shows the loss, whichever comes first: in one line or in two.
    await expect
      .poll(async () => {
        const lines = await page.locator('#timeline > li', { hasText: 'did not come through Redis' }).allTextContents();
        const lost = lines.map((line) => Number(/(\d+) messages? of other/u.exec(line.slice(8))?.[1]));
        return lost.reduce((sum, count) => sum + count, 0) + (await page.locator('#room-log > li').count());
      })
      .toBe(said);
  });

  test('a room has a link to copy, and Escape restores a text', async () => {
    const page = await browser.open(`${cluster.url}/?room=a%20b%26c`);
    await page.waitForSelector('#room[data-joined]');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.click('#room-copy');
    await page.locator('#room-copied', { hasText: 'Copied' }).waitFor();
    const copied = new URL(await page.evaluate(() => navigator.clipboard.readText()));
    expect([copied.origin, copied.searchParams.get('room')]).toEqual([cluster.url, 'a b&c']);

    await page.fill('#room-name', 'elsewhere');
    await page.press('#room-name', 'Escape');
    expect(await page.inputValue('#room-name')).toBe('a b&c');
    await page.fill('#say-text', 'nothing');
    await page.press('#say-text', 'Escape');
    expect(await page.inputValue('#say-text')).toBe('');
  });
});
