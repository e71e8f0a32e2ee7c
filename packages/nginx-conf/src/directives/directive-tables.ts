import type { Spec } from '../declare/directive.js';
import { REFUSED } from './refused.js';
import { AREAS } from './table.js';

function arity({ args, opens }: Spec): string {
  const block = opens === undefined ? '' : ' and a block';
  if (args === 'flag') return '`on` or `off`';
  if (typeof args === 'number') return `${args}${block}`;
  const [from, to] = args;
  return to >= 99 ? `${from} or more` : `${from} to ${to}${block}`;
}

function rows(specs: readonly Spec[], last: (spec: Spec) => string): string {
  return specs
    .map((spec) => {
      const fallback = spec.default === undefined ? '' : `\`${spec.default}\``;
      return `| \`${spec.name}\` | ${spec.contexts.join(', ')} | ${arity(spec)} | ${fallback} | ${last(spec)} |`;
    })
    .join('\n');
}

/** The directives in Markdown: served, accepted, refused. docs/directives.md contains this text. */
export function directiveTables(): string {
  const served = Object.entries(AREAS).filter(([, table]) =>
    Object.values(table).every((one) => one.accepted === undefined),
  );
  const accepted = Object.entries(AREAS).filter((entry) => !served.includes(entry));
  return [
    '## Served',
    '',
    ...served.flatMap(([area, table]) => [
      `### ${area}`,
      '',
      '| directive | contexts | arguments | default | differences from nginx |',
      '| --- | --- | --- | --- | --- |',
      rows(Object.values(table), ({ note }) => note ?? ''),
      '',
    ]),
    '## Accepted without effect',
    '',
    'Each gives one warning; its value is checked.',
    '',
    '| directive | contexts | arguments | default | why nothing changes |',
    '| --- | --- | --- | --- | --- |',
    ...accepted.map(([, table]) => rows(Object.values(table), (spec) => spec.accepted ?? '')),
    '',
    '## Refused',
    '',
    'Each is an error: `directive "rewrite" is not served by pinwheel: requests are not rewritten; ...`.',
    '',
    ...REFUSED.flatMap(({ area, reason, names }) => [
      `### ${area}`,
      '',
      `Reason: ${reason}.`,
      '',
      names.map((name) => `\`${name}\``).join(', '),
      '',
    ]),
  ].join('\n');
}
