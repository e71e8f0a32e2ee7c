import { expect } from 'vitest';
import type { Page } from 'playwright-core';
import { serverOf } from './browser.js';
import type { Hand } from './hand.js';

const SLOW = { timeout: 20_000 };

/** The transport of the page, and the servers that its further clients may be on. */
export interface Setting {
  readonly hand: Hand;
  readonly room: string;
  readonly transport: 'polling' | 'websocket';
  /** `same`: the policy puts every client of this address on the page's own server. */
  readonly others: 'same' | 'anywhere';
}

/** Waits for a text in the timeline. */
export async function happened(page: Page, text: string | RegExp): Promise<string> {
  const entry = page.locator('#timeline > li', { hasText: text }).last();
  await entry.waitFor(SLOW);
  return (await entry.textContent()) ?? '';
}

/** The first ten seconds: server, transport, echo, cluster. */
export async function seesTheCluster(page: Page, { transport }: Setting): Promise<void> {
  expect(await page.textContent('#server-name')).toMatch(/^Server[12]$/u);
  await page.waitForSelector(`body[data-transport="${transport}"]`, SLOW);
  expect(await page.textContent('#transport')).toBe(transport);
  await page.waitForSelector('#rtt[data-ms]', SLOW);
  await page.waitForSelector('#nodes [data-name="Server2"][data-state="up"]', SLOW);
  expect(await page.textContent('#over')).toContain('one of 2 servers');
  expect(await page.getAttribute('#cluster', 'data-redis')).toBe('up');
  await page.waitForFunction(() => Number(document.querySelector<HTMLElement>('#cluster')?.dataset['pulses']) > 0);
}

/**
 * Joins a room, opens another client in it and checks that both receive each other's messages; opens simulated clients
 * where WebSockets work.
 */
export async function meetsOthers(page: Page, { hand, room, transport, others }: Setting): Promise<void> {
  await hand.write(page, '#message-text', 'hello');
  await page.locator('#answers', { hasText: 'Server received from client: hello' }).waitFor(SLOW);

  await hand.write(page, '#room-name', room);
  await page.waitForSelector(`#room[data-joined="${room}"]`, SLOW);
  expect(new URL(page.url()).searchParams.get('room')).toBe(room);
  await hand.press(page, '#beside-open');
  await page.waitForSelector('#beside > li[data-server]', SLOW);
  const beside = (await page.getAttribute('#beside > li', 'data-server')) ?? '';
  if (others === 'same') expect(beside).toBe(await serverOf(page));
  await page.waitForSelector('#room-members[data-count="2"]', SLOW);

  await hand.write(page, '#say-text', 'to you all');
  await page.locator('#beside', { hasText: 'hears you: to you all' }).waitFor(SLOW);
  await hand.press(page, '#beside [data-verb="say"]');
  const cross = String(beside !== (await serverOf(page)));
  await page.locator(`#room-log > [data-cross="${cross}"]`, { hasText: `hello from ${beside}` }).waitFor(SLOW);

  if (transport === 'polling') {
    expect(await page.locator('#crowd').isDisabled()).toBe(true);
    return;
  }
  await hand.slide(page, '#crowd');
  const wanted = await page.textContent('#crowd-count');
  expect(Number(wanted)).toBeGreaterThan(9);
  await page.waitForSelector(`#crowd-shares[data-connected="${wanted}"]`, SLOW);
  expect(await page.locator('#crowd-shares > li').count()).toBe(others === 'same' ? 1 : 2);
}

/** Kills the page's own server, and cuts and restores Redis. */
export async function survives(page: Page, { hand, room }: Setting): Promise<void> {
  const own = await serverOf(page);
  await hand.press(page, `#nodes [data-name="${own}"] [data-verb="kill"]`);
  expect(await happened(page, /→ on Server.*missed/u)).toMatch(
    new RegExp(String.raw`lost ${own} → on Server[12] after [\d.]+ m?s, 0 messages missed`, 'u'),
  );
  expect(await page.textContent('#state')).toMatch(/back on Server[12] after/u);
  await page.waitForSelector(`#nodes [data-name="${own}"][data-state="up"]`, SLOW);
  await page.waitForSelector('#beside > li[data-server]', SLOW);
  await page.waitForSelector('#room-members[data-count="2"]', SLOW);

  await hand.press(page, '#nodes [data-verb="cut"]');
  await page.waitForSelector('#cluster[data-redis="cut"]', SLOW);
  expect(await page.getAttribute('body', 'data-state')).toBe('connected');
  await hand.write(page, '#say-text', 'without Redis');
  await page.locator('#room-log > [data-cross="false"]', { hasText: 'without Redis' }).waitFor(SLOW);
  await hand.press(page, '#nodes [data-verb="restore"]');
  await page.waitForSelector('#cluster[data-redis="up"]', SLOW);
  await happened(page, /Redis: \w+ → up/u);

  await page.waitForSelector(`#room[data-joined="${room}"]`, SLOW);
  await page.waitForSelector('#room-members[data-count="2"]', SLOW);
  await page.waitForFunction(hearsAgain, 'with Redis again', { ...SLOW, polling: 500 });
}

/** Repeats a message until the other client has heard it, since subscriptions take a moment to be restored. */
function hearsAgain(text: string): boolean {
  if (document.querySelector('#beside')?.textContent.includes(text) === true) return true;
  const input = document.querySelector<HTMLInputElement>('#say-text');
  if (input === null) return false;
  input.value = text;
  input.form?.requestSubmit();
  return false;
}
