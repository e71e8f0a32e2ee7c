import { expect, it } from 'vitest';
import { showValue } from './format.js';

it('a number is shown with three digits, or whole with commas', () => {
  const shown = {
    0: '0',
    999: '999',
    1000: '1,000',
    1234567: '1,234,567',
    12.345: '12.3',
    1.2: '1.2',
    99999.5: '100,000',
  };
  for (const [value, text] of Object.entries(shown)) expect(showValue(Number(value))).toBe(text);
  expect(showValue(-12_345)).toBe('-12,345');
});
