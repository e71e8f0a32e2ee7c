import { readHandOffReport } from '@pinwheel/protocol';
import type { HandOffReport } from '@pinwheel/protocol';
import { expect, test } from 'vitest';
import { HandOffReports } from './hand-off-reports.js';

interface Told {
  readonly reports: HandOffReports;
  /** Reports that were sent so far. */
  readonly sent: HandOffReport[];
  /** The next report. */
  readonly next: () => Promise<HandOffReport>;
}

function reporting(): Told {
  const sent: HandOffReport[] = [];
  let onNext: (report: HandOffReport) => void = () => undefined;
  const reports = new HandOffReports((message) => {
    const report = readHandOffReport(JSON.parse(JSON.stringify(message)));
    if (report === undefined) throw new Error(`expected a report, got ${JSON.stringify(message)}`);
    sent.push(report);
    onNext(report);
  });
  const next = (): Promise<HandOffReport> =>
    new Promise((resolve) => {
      onNext = resolve;
    });
  return { reports, sent, next };
}

const END = { status: 101, bytesReceived: 7, bytesSent: 9 };

test('the first event is reported at once', () => {
  const { reports, sent } = reporting();
  reports.taken(1);
  expect(sent).toEqual([{ taken: [1], refused: [], ended: [] }]);
});

test('events that follow closely share a report', async () => {
  const { reports, sent, next } = reporting();
  reports.refused(1);
  reports.taken(2);
  reports.ended(2, END);
  reports.taken(3);
  expect(sent).toHaveLength(1);
  expect(await next()).toEqual({ taken: [2, 3], refused: [], ended: [[2, 101, 7, 9]] });
});

test('a flush reports what waits, and nothing twice', () => {
  const { reports, sent } = reporting();
  reports.taken(1);
  reports.ended(1, END);
  reports.flush();
  reports.flush();
  expect(sent.slice(1)).toEqual([{ taken: [], refused: [], ended: [[1, 101, 7, 9]] }]);
});

test.each([
  ['something else', { type: 'other', taken: [], refused: [], ended: [] }],
  ['an id that is a text', { type: 'pinwheel:hand-off', taken: ['1'], refused: [], ended: [] }],
  ['an end without byte counts', { type: 'pinwheel:hand-off', taken: [], refused: [], ended: [[1, 101]] }],
])('a message with %s is no report', (_what, message) => {
  expect(readHandOffReport(message)).toBeUndefined();
});
