import { readFileSync } from 'node:fs';
import { metricsTable } from '@pinwheel/admin';
import { bareLines, documented } from '@pinwheel/cli/testing';
import { expect, test } from 'vitest';
import { CLUSTER_METRICS } from './metrics.js';

function read(path: string): string {
  return readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');
}

test('docs/metrics.md lists the metrics of the table (else run npm run docs)', () => {
  const page = new URL('../../../../docs/metrics.md', import.meta.url);
  expect(documented(page, 'metrics')).toEqual(bareLines(metricsTable(CLUSTER_METRICS)));
});

test('metrics are named by the conventions of Prometheus', () => {
  for (const { name } of CLUSTER_METRICS) expect(name).toMatch(/^pinwheel_[a-z0-9_]+$/);
  expect(new Set(CLUSTER_METRICS.map(({ name }) => name)).size).toBe(CLUSTER_METRICS.length);
});

test('the dashboard queries only metrics and labels that exist', () => {
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
