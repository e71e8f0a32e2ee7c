import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { optionRows, optionsTable } from '../testing/options-table.js';
import { optionSchema } from './proxy.js';

const fields = optionSchema.fields ?? {};
const bare = (text: string): string[] => text.split('\n').map((line) => line.replace(/\s*\|\s*|-{3,}/g, '|').trim());

test('docs/options.md lists the options of the schema (else run npm run docs)', () => {
  const page = readFileSync(new URL('../../../../docs/options.md', import.meta.url), 'utf8');
  const rows = (text: string): string[] => bare(text).filter((line) => line.startsWith('|`'));
  expect(rows(page)).toEqual(rows(optionsTable(fields)));
});

test('every option has a meaning', () => {
  expect(optionRows(fields).filter(({ meaning }) => meaning === '')).toEqual([]);
});

test('every option that takes a word, a number or a text has a default or an example', () => {
  const plain = optionRows(fields).filter(({ takes }) => /^(?:whole number|an? (?!PEM)|`|true or)/.test(takes));
  expect(plain.filter(({ fallback, example }) => (fallback ?? example) === undefined)).toEqual([]);
});
