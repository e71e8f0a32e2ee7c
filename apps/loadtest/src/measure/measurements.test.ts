import { expect, it } from 'vitest';
import { Times } from './histogram.js';
import { Measurements } from './measurements.js';

it('a node without messages from it or to it is left out of the report', () => {
  const measured = new Measurements(new Times());
  measured.sentFrom(2);
  measured.due(2, 1, 3);
  measured.delivered(2, 1, 5, 4);
  measured.missing(2, 1);
  const { paths, sentFrom } = measured.report(['Server1', 'Server2', 'Server3']);
  expect(sentFrom).toEqual({ Server3: 1 });
  expect(paths).toMatchObject([{ from: 'Server3', to: 'Server2', due: 3, delivered: 1, missing: 1, late: 0 }]);
});
