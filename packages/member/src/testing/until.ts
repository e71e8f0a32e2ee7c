import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until `condition` gives something other than undefined and false, and gives that.
 *
 * @param what completes "waited in vain until"
 * @param ms at most so long, default 15,000
 */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  ms = 15_000,
): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`waited ${ms} ms in vain until ${what}`);
    await delay(20);
  }
}
