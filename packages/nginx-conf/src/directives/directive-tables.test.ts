import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { directiveTables } from './directive-tables.js';
import { REFUSED } from './refused.js';
import { AREAS } from './table.js';

/** The lines without what prettier adds to tables. */
function bare(markdown: string): string[] {
  return markdown
    .split('\n')
    .map((line) =>
      line
        .replace(/\s*\|\s*/g, '|')
        .replace(/-{3,}/g, '---')
        .trim(),
    )
    .filter((line) => line !== '');
}

it('docs/directives.md lists the directives of the table (else run npm run docs)', () => {
  const docs = readFileSync(new URL('../../../../docs/directives.md', import.meta.url), 'utf8');
  const [, section = ''] = docs.split('<!-- directives -->');
  expect(bare(section)).toEqual(bare(directiveTables()));
});

it('no directive is both served and refused, and none is refused twice', () => {
  const refused = REFUSED.flatMap(({ names }) => names);
  const known = new Set(Object.values(AREAS).flatMap((table) => Object.keys(table)));
  expect(refused.filter((name) => known.has(name))).toEqual([]);
  expect(refused).toHaveLength(new Set(refused).size);
});

it('each directive has one meaning in each context', () => {
  const seen = Object.values(AREAS).flatMap((table) =>
    Object.values(table).flatMap(({ name, contexts }) => contexts.map((context) => `${name} in ${context}`)),
  );
  expect(seen).toHaveLength(new Set(seen).size);
});
