import { readdirSync, readFileSync } from 'node:fs';
import type { Fields } from '../options/schema.js';

/** The comment above an option in the schema. */
interface Doc {
  readonly meaning: string;
  readonly example: string | undefined;
}

/** Documented options of one object in a schema. */
type Group = ReadonlyMap<string, Doc>;

/** One row of the table. */
export interface OptionRow extends Doc {
  /** `upstreams[].peers[].weight` */
  readonly path: string;
  readonly takes: string;
  readonly fallback: string | undefined;
}

const sources = new URL('../../src/options/', import.meta.url);

/** The comments of all schemas, one group for each object. */
function readGroups(): readonly Group[] {
  return readdirSync(sources)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .flatMap((name) => groupsOf(readFileSync(new URL(name, sources), 'utf8')));
}

function groupsOf(text: string): readonly Group[] {
  const groups: Group[] = [];
  for (const object of text.matchAll(/(?:object\(|= )\{\n/g)) {
    const start = object.index + object[0].length;
    const indent = /^ */.exec(text.slice(start))?.[0].length ?? 0;
    const end = text.indexOf(`\n${' '.repeat(Math.max(0, indent - 2))}}`, start);
    const group = new Map<string, Doc>();
    const own = new RegExp(`^ {${indent}}/\\*\\*(.*?)\\*/\\n {${indent}}(\\w+):`, 'gms');
    for (const [, comment = '', key = ''] of text.slice(start, end).matchAll(own)) group.set(key, docOf(comment));
    if (group.size > 0) groups.push(group);
  }
  return groups;
}

function docOf(comment: string): Doc {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\* ?/, '').trim());
  const [meaning = '', example] = lines
    .join(' ')
    .trim()
    .split(/ ?@example /);
  return { meaning: meaning.trim(), example: example?.trim() };
}

/** Every option of `createProxy`, in the order of the schema. */
export function optionRows(fields: Fields, before = '', groups = readGroups()): readonly OptionRow[] {
  const shared = (group: Group): number => Object.keys(fields).filter((key) => group.has(key)).length;
  const nearest = groups.toSorted((a, b) => shared(b) - shared(a));
  return Object.entries(fields).flatMap(([key, { kind, unit, fallback, fields: inner, presence }]) => {
    const doc = nearest.find((group) => group.has(key))?.get(key);
    const isList = kind.startsWith('list');
    const path = `${before}${key}${isList && inner !== undefined ? '[]' : ''}`;
    const takes = unit === undefined ? kind : `${kind} (${unit})`;
    const row = {
      path,
      takes,
      fallback: presence === 'optional' ? shown(fallback) : undefined,
      meaning: doc?.meaning ?? '',
      example: doc?.example,
    };
    return [row, ...(inner === undefined ? [] : optionRows(inner, `${path}.`, groups))];
  });
}

function shown(value: unknown): string {
  if (typeof value === 'function') return 'none';
  if (value === Number.MAX_SAFE_INTEGER) return 'no limit';
  if (typeof value === 'object') return Array.isArray(value) ? JSON.stringify(value) : 'each of its own';
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}

/** The table of `docs/options.md`. */
export function optionsTable(fields: Fields): string {
  const rows = optionRows(fields).map(({ path, takes, fallback, example, meaning }) => {
    const value = fallback === undefined ? (example === undefined ? '' : `e.g. \`${example}\``) : `\`${fallback}\``;
    return `| \`${path}\` | ${takes} | ${value} | ${meaning} |`;
  });
  return ['| option | takes | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}
