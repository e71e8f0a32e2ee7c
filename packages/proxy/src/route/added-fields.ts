import type { Facts } from '../facts.js';
import type { AddedFieldOptions } from '../options/proxy.js';
import { valueOf } from '../options/value.js';

/** Statuses of responses that get the fields without `always` (nginx: `add_header`). */
const USUAL: ReadonlySet<number> = new Set([200, 201, 204, 206, 301, 302, 303, 304, 307, 308]);

/**
 * The field lines that a configuration adds to a response, each ended by CRLF (nginx: `add_header NAME VALUE [always]`). A
 * field with the value '' is left out.
 *
 * @param status status of the response
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
