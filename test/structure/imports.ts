import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** The folder that holds `packages` and `apps`. */
export const root = resolve(import.meta.dirname, '../..');

/** Files of a package and what each imports of the same package, as paths below `src`. Types count. */
export type Imports = ReadonlyMap<string, readonly string[]>;

const SPECIFIER = /(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g;

/** Source files below `folder`, without tests and test support. */
export function sourcesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !/(?:^|\/)testing\//.test(file))
    .toSorted();
}

/** The specifiers that a file imports, as written. */
export function specifiersOf(file: string): readonly string[] {
  return [...readFileSync(file, 'utf8').matchAll(SPECIFIER)].flatMap(([, specifier]) => specifier ?? []);
}

/** @param home the package's folder, such as `packages/proxy` */
export function importsOf(home: string): Imports {
  const src = join(root, home, 'src');
  const files = sourcesOf(src);
  const known = new Set(files);
  return new Map(
    files.map((file) => {
      const targets = specifiersOf(join(src, file))
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => relative(src, resolve(src, dirname(file), specifier)).replace(/\.js$/, '.ts'))
        .filter((target) => known.has(target));
      return [file, [...new Set(targets)]];
    }),
  );
}

/**
 * The rooms of a package from top to bottom, as the table in the section "Rooms" of its README lists them: folders that end
 * with `/`, and single files.
 */
export function roomsOf(home: string): readonly string[] {
  const readme = readFileSync(join(root, home, 'README.md'), 'utf8');
  const section = /^## Rooms\n(.*?)(?=^## |(?![^]))/ms.exec(readme)?.[1] ?? '';
  return [...section.matchAll(/^\|([^|]*)\|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, name]) => name ?? []),
  );
}

/** The position of a file's room; the longest name that fits counts. -1 for a file without a room. */
export function roomOf(file: string, rooms: readonly string[]): number {
  let best = -1;
  rooms.forEach((room, i) => {
    const fits = room.endsWith('/') ? file.startsWith(room) : file === room;
    if (fits && room.length > (rooms[best]?.length ?? 0)) best = i;
  });
  return best;
}

/** Groups of files that import each other in a circle (Tarjan, "Depth-first search and linear graph algorithms", 1972). */
export function circlesOf(imports: Imports): readonly (readonly string[])[] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): void => {
    const own = index.size;
    index.set(file, own);
    low.set(file, own);
    stack.push(file);
    for (const target of imports.get(file) ?? []) {
      if (!index.has(target)) visit(target);
      if (stack.includes(target)) low.set(file, Math.min(low.get(file) ?? own, low.get(target) ?? own));
    }
    if (low.get(file) !== own) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) circles.push(circle.toSorted());
  };
  for (const file of imports.keys()) if (!index.has(file)) visit(file);
  return circles;
}
