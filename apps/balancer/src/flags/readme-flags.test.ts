import { settingsTables } from '@pinwheel/cli';
import { bareLines, documented } from '@pinwheel/cli/testing';
import { expect, test } from 'vitest';
import { SETTINGS } from './options.js';

test('the README lists the settings of the table (else run npm run docs)', () => {
  expect(documented(new URL('../../README.md', import.meta.url), 'flags')).toEqual(bareLines(settingsTables(SETTINGS)));
});
