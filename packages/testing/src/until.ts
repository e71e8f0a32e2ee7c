import { setTimeout as delay } from 'node:timers/promises';

/**
 * Polls `condition` every 10 ms until it returns something other than undefined or false, and returns that value.
 * For states that no event announces, such as a counter of a status document.
 *
 * @param what completes "timed out waiting until"
 * @param ms time limit, default 15,000
 * @throws when the time limit has passed; `condition`'s own errors pass through
 * @example await until('both nodes are ready', () => cluster.nodes.every(({ ready }) => ready));
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
    if (performance.now() > end) throw new Error(`timed out after ${ms} ms waiting until ${what}`);
    await delay(10);
  }
}
