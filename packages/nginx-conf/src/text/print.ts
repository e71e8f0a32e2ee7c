import type { Directive } from './parse.js';

const BARE = /^[^\s;{}"'#\\$][^\s;{}"'\\$]*$/;

/** Quotes and escapes a word so that it is parsed back as itself. */
export function printWord(word: string): string {
  if (BARE.test(word)) return word;
  const escaped = word.replace(/["\\]/g, '\\$&').replace(/\t/g, '\\t').replace(/\r/g, '\\r').replace(/\n/g, '\\n');
  return `"${escaped}"`;
}

/** Configuration text that parses to these directives, two spaces of indent for each block. */
export function printTree(directives: readonly Directive[], indent = ''): string {
  return directives
    .map(({ name, args, block }) => {
      const words = indent + [name, ...args].map(printWord).join(' ');
      return block === undefined ? `${words};\n` : `${words} {\n${printTree(block, `${indent}  `)}${indent}}\n`;
    })
    .join('');
}
