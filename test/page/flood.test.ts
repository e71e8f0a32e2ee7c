import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PageFiles, pageHandler, visitorPage } from '@pinwheel/page';
import type { ClientToServerEvents, ClusterView, ServerToClientEvents } from '@pinwheel/protocol';
import { Server } from 'socket.io';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isChromiumMissing, TestBrowser } from './browser.js';

/** Messages a second, and for how many seconds the page is measured. */
const RATE = 2_000;
const SECONDS = 3;

/** A server that pretends to be two with 10,000 clients, and has a room of 2,000 members that keep sending. */
describe.skipIf(isChromiumMissing)('the page in a flood (apt-get install chromium)', () => {
  let http: HttpServer;
  let io: Server<ClientToServerEvents, ServerToClientEvents>;
  let browser: TestBrowser;
  let talking: NodeJS.Timeout;

  beforeAll(async () => {
    http = createServer(pageHandler(new PageFiles(visitorPage)));
    io = new Server(http);
    io.on('connection', (socket) => {
      let events = 0;
      const view = (): ClusterView => ({
        nodes: ['Server1', 'Server2'].map((server) => {
          events += 5_000;
          return { server, state: 'up', polling: 0, websocket: 5_000, events, said: events / 10, redisMs: 1 };
        }),
        redis: 'up',
        controls: [],
      });
      socket.on('watch', () => {
        const timer = setInterval(() => socket.emit('cluster', view()), 1_000);
        socket.on('disconnect', () => clearInterval(timer));
        socket.emit('cluster', view());
      });
      socket.on('echo', (value, ack) => ack(value));
      socket.on('join', (room, ack) => {
        void socket.join(room);
        ack?.({ ok: true, room, members: 2_000 });
      });
      socket.on('who', (_room, ack) => {
        const members = Array.from({ length: 2_000 }, (_, at) => ({
          id: `${at}`,
          server: 'Server2',
          transport: 'websocket',
        }));
        ack({ ok: true, members });
      });
      socket.emit('server', { server: 'Server1', port: 1, tag: 'x' });
    });
    let number = 0;
    talking = setInterval(() => {
      for (let count = 0; count < RATE / 100; count++) {
        number += 1;
        const from = String(number % 2_000);
        const said = {
          room: 'flood',
          from,
          server: 'Server2',
          number: Math.ceil(number / 2_000),
          payload: `${number}`,
        };
        io.to('flood').emit('said', said);
      }
    }, 10);
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    browser = await TestBrowser.start();
  });
  afterAll(async () => {
    clearInterval(talking);
    await browser?.close();
    await io.close();
  });

  test('draws messages in batches, a few times a second, and does not grow', async () => {
    const page = await browser.open(`http://127.0.0.1:${(http.address() as AddressInfo).port}/?room=flood`);
    await page.waitForFunction(() => document.querySelectorAll('#room-log > li').length === 200);
    expect(await page.textContent('#cluster-sum')).toBe('10,000 clients · 2 of 2 servers up');
    await page.waitForSelector('#room-members .more');
    const seen = await page.evaluate(async (seconds) => {
      const log = document.querySelector('#room-log');
      const newest = (): number => Number(log?.lastElementChild?.querySelector('.said-text')?.textContent);
      let drawings = 0;
      let changes = 0;
      const logs = new MutationObserver(() => (drawings += 1));
      if (log !== null) logs.observe(log, { childList: true });
      const others = new MutationObserver((records) => {
        changes += records.filter(({ target }) => target !== log).length;
      });
      others.observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true });
      const first = newest();
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
      logs.disconnect();
      others.disconnect();
      return { drawings, changes, came: newest() - first, items: log?.childElementCount };
    }, SECONDS);
    expect(seen.came).toBeGreaterThan(RATE);
    expect(seen.items).toBe(200);
    // Five a second, and the one in progress.
    expect(seen.drawings).toBeLessThanOrEqual(5 * SECONDS + 1);
    // The echo, the map and its pulses, once a second each.
    expect(seen.changes).toBeLessThan(300 * SECONDS);
    expect(await page.locator('#room-members > li').count()).toBe(25);
    await browser.closePages();
  });
});
