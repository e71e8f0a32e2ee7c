import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** The findings of axe-core in the page that are serious or worse, with place and reason. */
export async function seriousFindings(page: Page): Promise<unknown[]> {
  await page.evaluate(axe.source);
  const findings = await page.evaluate(async () => {
    const { axe: inPage } = globalThis as unknown as { axe: typeof axe };
    return (await inPage.run()).violations.map(({ id, impact, nodes }) => ({
      id,
      impact,
      at: nodes.map(({ target, any }) => `${target.join(' ')}: ${any[0]?.message ?? ''}`),
    }));
  });
  return findings.filter(({ impact }) => impact === 'serious' || impact === 'critical');
}
