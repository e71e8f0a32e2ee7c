import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CLUSTER_METRICS } from './admin-metrics.js';

function read(path: string): string {
  return readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
}

test.each(CLUSTER_METRICS.map(({ name, type, labels }) => ({ name, type, labels })))(
  '$name is documented and named by convention',
  ({ name, type, labels }) => {
    const row = read('apps/balancer/README.md')
      .split('\n')
      .find((line) => line.startsWith(`| \`${name}\` `));
    const cells = row?.split('|').map((cell) => cell.trim()) ?? [];
    expect(cells.slice(2, 4)).toEqual([type, labels.map((label) => `\`${label}\``).join(', ')]);
    expect(name).toMatch(/^pinwheel_[a-z0-9_]+$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
  },
);

test('the dashboard asks for metrics and labels that there are', () => {
  const dashboard = read('docs/grafana.json');
  const known = new Map(CLUSTER_METRICS.map(({ name, labels }) => [name, labels]));
  const asked = [...dashboard.matchAll(/"expr": "((?:[^"\\]|\\.)*)"/g)].map(([, expression = '']) => expression);
  expect(asked.length).toBeGreaterThan(20);
  for (const expression of asked) {
    const [, name = ''] = /\b((?:pinwheel|process)_\w+)/.exec(expression) ?? [];
    if (name.startsWith('process_')) continue;
    const [, by = ''] = /by \(([^)]*)\)/.exec(expression) ?? [];
    expect([...known.keys()]).toContain(name);
    expect(known.get(name)).toEqual(expect.arrayContaining(by.split(', ').filter((label) => label !== '')));
  }
});
