// Puts the directive tables into README.md. Build the package first.
import { readFileSync, writeFileSync } from 'node:fs';
import { directiveTables } from '../dist/directives/directive-tables.js';

const MARK = '<!-- directives -->';
const path = new URL('../README.md', import.meta.url);
const [before, , after] = readFileSync(path, 'utf8').split(MARK);
writeFileSync(path, [before, `\n\n${directiveTables()}\n`, after].join(MARK));
