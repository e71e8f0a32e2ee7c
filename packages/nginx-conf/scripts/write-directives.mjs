// Writes the tables of directives into docs/directives.md. Build the package first.
import { readFileSync, writeFileSync } from 'node:fs';
import { directiveTables } from '../dist/directives/directive-tables.js';

const MARK = '<!-- directives -->';
const path = new URL('../../../docs/directives.md', import.meta.url);
const [before, , after] = readFileSync(path, 'utf8').split(MARK);
writeFileSync(path, [before, `\n\n${directiveTables()}\n`, after].join(MARK));
