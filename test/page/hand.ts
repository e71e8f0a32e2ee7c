import type { Page } from 'playwright-core';

/** A way to operate a page. */
export interface Hand {
  readonly name: string;
  press(page: Page, selector: string): Promise<void>;
  /** Types a text into a box and presses Enter. */
  write(page: Page, selector: string, text: string): Promise<void>;
  /** Moves a slider some way to the right. */
  slide(page: Page, selector: string): Promise<void>;
}

export const mouse: Hand = {
  name: 'a mouse',
  press: (page, selector) => page.click(selector),
  write: async (page, selector, text) => {
    await page.click(selector);
    await page.keyboard.insertText(text);
    await page.keyboard.press('Enter');
  },
  slide: async (page, selector) => {
    const box = await boxOf(page, selector);
    await page.mouse.click(box.x + box.width / 10, box.y + box.height / 2);
  },
};

export const finger: Hand = {
  name: 'a finger',
  press: (page, selector) => page.tap(selector),
  write: async (page, selector, text) => {
    await page.tap(selector);
    await page.keyboard.insertText(text);
    await page.keyboard.press('Enter');
  },
  slide: async (page, selector) => {
    const box = await boxOf(page, selector);
    await page.touchscreen.tap(box.x + box.width / 10, box.y + box.height / 2);
  },
};

/** Tab, Shift+Tab, Enter, Space and arrows, and nothing else. */
export const keyboard: Hand = {
  name: 'the keyboard alone',
  press: async (page, selector) => {
    await tabTo(page, selector);
    await page.keyboard.press('Enter');
  },
  write: async (page, selector, text) => {
    await tabTo(page, selector);
    await page.keyboard.insertText(text);
    await page.keyboard.press('Enter');
  },
  slide: async (page, selector) => {
    await tabTo(page, selector);
    for (let steps = 0; steps < 20; steps++) await page.keyboard.press('ArrowRight');
  },
};

/** More focus stops than the page has. */
const STOPS_MAX = 80;

/** Presses Tab until the element has the focus; the focus must be visible at every stop. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let stops = 0; stops < STOPS_MAX; stops++) {
    const at = await page.evaluate((wanted) => {
      const focus = document.activeElement;
      if (focus === null || focus === document.body) return { isThere: false, isSeen: true, what: 'nothing' };
      const { outlineStyle, outlineWidth } = getComputedStyle(focus);
      const { width, height } = focus.getBoundingClientRect();
      return {
        isThere: focus.matches(wanted),
        isSeen: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2 && width > 0 && height > 0,
        what: `${focus.tagName} ${focus.id} ${focus.textContent.slice(0, 40)}`,
      };
    }, selector);
    if (!at.isSeen) throw new Error(`the focus is not visible on ${at.what}`);
    if (at.isThere) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach ${selector}`);
}

async function boxOf(page: Page, selector: string): Promise<{ x: number; y: number; width: number; height: number }> {
  const element = page.locator(selector);
  await element.scrollIntoViewIfNeeded();
  const box = await element.boundingBox();
  if (box === null) throw new Error(`${selector} is not visible`);
  return box;
}
