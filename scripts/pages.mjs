// The pages: Vite builds each into packages/page/dist when one of its sources has changed or a built file is missing.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runStep } from './step.mjs';

const PAGES = [
  { app: 'apps/demo', name: 'visitor' },
  { app: 'apps/status', name: 'operator' },
];

export async function buildPages(root) {
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  for (const { app, name } of PAGES) {
    const folder = join(root, 'packages', 'page', 'dist', name);
    const stamp = `${folder}.stamp`;
    const inputs = digestOfInputs(root, app);
    const built = () => `${inputs}\n${listing(folder)}`;
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === built()) continue;
    await runStep(`building the page of ${app} (vite build)`, [process.execPath, vite, 'build', app], { cwd: root });
    writeFileSync(stamp, built());
  }
}

/** SHA-256 of the names and contents of a page's sources, of the packages that it imports, and of the lock file. */
function digestOfInputs(root, app) {
  const hash = createHash('sha256');
  const isSource = (name) => name !== 'dist' && name !== 'node_modules';
  const files = [
    ...filesIn(join(root, app), isSource),
    ...filesIn(join(root, 'packages', 'page'), isSource),
    ...filesIn(join(root, 'packages', 'protocol'), isSource),
    join(root, 'package-lock.json'),
  ];
  for (const file of files) hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

/** Names and sizes, one a line. */
function listing(folder) {
  return filesIn(folder, () => true)
    .map((file) => `${file.slice(folder.length + 1)} ${statSync(file).size}\n`)
    .join('');
}

/** All files below `folder`, sorted by name; none when there is no such folder. */
function filesIn(folder, isWanted) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => isWanted(entry.name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesIn(path, isWanted) : [path];
    });
}
