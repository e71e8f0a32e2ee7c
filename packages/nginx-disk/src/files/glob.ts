import { type Dirent, existsSync, readdirSync } from 'node:fs';
import { bytes } from './byte-string.js';

/**
 * The paths that match a glob(3) pattern, in the order of their bytes. A component may contain `*`, `?`, `[a-z]` and
 * `[!a-z]`; a leading dot matches only where the pattern has it. A directory that cannot be read counts as empty.
 *
 * @param pattern a byte string, as are the results
 */
export function globPaths(pattern: string): string[] {
  const components = pattern.split('/');
  let found = [pattern.startsWith('/') ? '/' : ''];
  components.forEach((component, i) => {
    if (component === '') return;
    const isLast = i === components.length - 1;
    found = found.flatMap((folder) => below(folder, component, isLast));
  });
  return found.filter((path) => path !== '' && existsSync(bytes(path))).toSorted(byBytes);
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function below(folder: string, component: string, isLast: boolean): string[] {
  const join = (name: string): string => (folder === '' || folder.endsWith('/') ? folder + name : `${folder}/${name}`);
  if (!/[*?[]/.test(component)) return [join(component.replace(/\\(.)/gs, '$1'))];
  const matches = componentPattern(component);
  return entries(folder)
    .filter((entry) => matches.test(entry.name) && (component.startsWith('.') || !entry.name.startsWith('.')))
    .filter((entry) => isLast || entry.isDirectory() || entry.isSymbolicLink())
    .map((entry) => join(entry.name));
}

function entries(folder: string): Dirent[] {
  try {
    return readdirSync(bytes(folder === '' ? '.' : folder), { encoding: 'latin1', withFileTypes: true });
  } catch {
    // It does not exist, is no directory or may not be read: for glob(3) it is empty.
    return [];
  }
}

/** The pattern of one component as a regular expression. */
function componentPattern(component: string): RegExp {
  const source = component.replace(
    /\\(.)|\[([!^]?)(\]?[^\]]*)\]|([\s\S])/g,
    (_all, escaped?: string, not?: string, set?: string, plain?: string) => {
      if (set !== undefined) return `[${not ? '^' : ''}${set.replace(/[\\\]^[]/g, '\\$&')}]`;
      if (plain === '*') return '[^]*';
      if (plain === '?') return '[^]';
      return (escaped ?? plain ?? '').replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    },
  );
  try {
    return new RegExp(`^${source}$`);
  } catch {
    // An impossible set, such as [z-a], matches nothing.
    return /(?!)/;
  }
}
