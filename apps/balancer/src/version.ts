import { readFileSync } from 'node:fs';

/**
 * The version of the package that a program belongs to.
 *
 * @param main the `import.meta.url` of a file that is one folder below the package's root
 */
export function packageVersion(main: string): string {
  const document: unknown = JSON.parse(readFileSync(new URL('../package.json', main), 'utf8'));
  return typeof document === 'object' && document !== null && 'version' in document ? String(document.version) : '';
}
