import { readFileSync } from 'node:fs';

/**
 * The lines between two comments `<!-- mark -->` of a Markdown file, without what formatting adds: padding of cells,
 * rules of tables, empty lines.
 */
export function documented(file: URL, mark: string): string[] {
  return bareLines(readFileSync(file, 'utf8').split(`<!-- ${mark} -->`)[1] ?? '');
}

/** The lines of a Markdown text, without what formatting adds. */
export function bareLines(markdown: string): string[] {
  return markdown
    .split('\n')
    .map((line) =>
      line
        .replace(/\s*(?<!\\)\|\s*/g, '|')
        .replace(/-{3,}/g, '---')
        .trim(),
    )
    .filter((line) => line !== '');
}
