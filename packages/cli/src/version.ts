import { existsSync, readFileSync } from 'node:fs';

/**
 * The version of the package that a module belongs to: that of the nearest package.json above it.
 *
 * @param module `import.meta.url` of the module
 */
export function packageVersion(module: string): string {
  let file = new URL('package.json', module);
  while (!existsSync(file) && file.pathname !== '/package.json') file = new URL('../package.json', file);
  const document: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return typeof document === 'object' && document !== null && 'version' in document ? String(document.version) : '';
}
