import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

type ContextOptions = NonNullable<Parameters<typeof chromium.launchPersistentContext>[1]>;

const CHROMIUM = '/usr/bin/chromium';
export const isChromiumMissing = !existsSync(CHROMIUM);

/** Background networking is off, because a test machine may have no network beyond itself. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The browser's own messages about connections that were closed or refused. */
const LOSS = /^(WebSocket connection to|WebSocket is already in CLOSING|Failed to load resource)/u;

/** A phone with a touch screen. */
export const PHONE: ContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** A Chromium with its own profile, and the errors that its pages have logged. */
export class TestBrowser {
  readonly complaints: string[] = [];
  readonly #context: BrowserContext;
  readonly #profile: string;

  private constructor(context: BrowserContext, profile: string) {
    this.#context = context;
    this.#profile = profile;
  }

  /** The process of the browser. */
  static async start(options: ContextOptions = {}): Promise<TestBrowser> {
    const profile = await mkdtemp(join(tmpdir(), 'pinwheel-chromium-'));
    const all = { executablePath: CHROMIUM, headless: true, args: ARGS, ...options };
    return new TestBrowser(await chromium.launchPersistentContext(profile, all), profile);
  }

  /** A page that has not loaded anything yet. */
  async blank(): Promise<Page> {
    const page = await this.#context.newPage();
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
    return page;
  }

  /** @param ready a selector that appears when the page is ready */
  async open(url: string, ready = 'body[data-server]'): Promise<Page> {
    const page = await this.blank();
    await page.goto(url);
    await page.waitForSelector(ready);
    return page;
  }

  async setOffline(isOffline: boolean): Promise<void> {
    await this.#context.setOffline(isOffline);
  }

  /** Removes the errors of connections that the test has broken; other errors stay. */
  forgiveLosses(): void {
    const others = this.complaints.filter((complaint) => !LOSS.test(complaint));
    this.complaints.splice(0, this.complaints.length, ...others);
  }

  /** Closes the pages. @throws Error with the first error that a page logged, if any */
  async closePages(): Promise<void> {
    for (const page of this.#context.pages()) await page.close();
    const [complaint] = this.complaints.splice(0);
    if (complaint !== undefined) throw new Error(`the page logged an error: ${complaint}`);
  }

  async close(): Promise<void> {
    await this.#context.close();
    await rm(this.#profile, { recursive: true, force: true });
  }
}

/** The server that a page is on. */
export async function serverOf(page: Page): Promise<string> {
  return (await page.getAttribute('body', 'data-server')) ?? '';
}
