import { expect, it } from 'vitest';
import { htmlReport } from './html.js';
import { sampleResult, sampleStage } from './sample.js';

it('a report is one file that loads nothing and runs no script', () => {
  const html = htmlReport(sampleResult({ missing: 2 }));
  expect(html).not.toMatch(/<script|<link|<img|url\(|@import|src=/);
  expect(html).toContain('prefers-color-scheme: dark');
  expect(html).not.toMatch(/NaN|undefined|Infinity/);
});

it('a report lists the actions on nodes with their times', () => {
  const actions = [{ verb: 'kill', node: 'Server2', atMs: 500, askedMs: 501, error: undefined }] as const;
  expect(htmlReport({ ...sampleResult(), actions })).toContain('kill Server2 at 501 ms: done.');
});

it('names from the server are escaped', () => {
  const result = sampleResult();
  const html = htmlReport({
    ...result,
    outcome: { state: 'failed', exitCode: 1, reasons: ['<script>alert(1)</script>'] },
    stage: { ...result.stage, nodes: [{ name: '<b>', clients: 1, messages: 1, deliveries: 1 }] },
  });
  expect(html).not.toMatch(/<script|<b>S/);
  expect(html).toContain('&#60;script&#62;');
});

it('the report of a ramp shows its steps and marks the knee', () => {
  const steps = [sampleStage({ clients: 10 }), sampleStage({ clients: 20 }), sampleStage({ clients: 30, missing: 9 })];
  const html = htmlReport({ ...sampleResult(), steps, knee: { clients: 20, stoppedBy: 'missing==0: got 9' } });
  expect(html).toContain('knee: 20');
  expect(html).toMatch(/<tr class="knee"><th>20 \(knee\)/);
  expect(html).toContain('missing==0: got 9');
});
