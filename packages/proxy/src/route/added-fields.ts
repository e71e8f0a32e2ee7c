import type { Facts } from '../facts.js';
import type { AddedFieldOptions } from '../options/proxy.js';
import { valueOf } from '../options/value.js';

/** Statuses that get the fields which are not `always` there (nginx: `add_header`). */
const USUAL: ReadonlySet<number> = new Set([200, 201, 204, 206, 301, 302, 303, 304, 307, 308]);

/**
 * The lines that a configuration adds to an answer, each ended by CRLF (nginx: `add_header NAME VALUE [always]`). A field
 * whose value is '' is left out.
 *
 * @param status of the answer
 */
export function addedLines(fields: readonly AddedFieldOptions[], status: number, facts: () => Facts): string {
  const usual = USUAL.has(status);
  let lines = '';
  for (const { name, value, always } of fields) {
    if (!usual && !always) continue;
    const shown = valueOf(value, facts);
    if (shown !== '') lines += `${name}: ${shown}\r\n`;
  }
  return lines;
}
