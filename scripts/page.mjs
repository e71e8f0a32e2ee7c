// The pages: each is built by Vite when one of the files it is made from has changed, or a built one is not there.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { runStep } from './step.mjs';

export async function buildPages(root) {
  const demo = join(root, 'apps', 'demo');
  await buildPage(root, demo, [demo]);
  const status = join(root, 'apps', 'status');
  await buildPage(root, status, [status, demo]);
}

/** @param folders of its sources */
async function buildPage(root, page, folders) {
  const stamp = join(page, 'dist', 'page.stamp');
  const inputs = digestOfInputs(root, folders);
  const built = () => `${inputs}\n${listing(join(page, 'dist', 'page'))}`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === built()) return;
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  await runStep(`building the page of ${relative(root, page)} (vite build)`, [process.execPath, vite, 'build', page], {
    cwd: root,
  });
  writeFileSync(stamp, built());
}

/** SHA-256 over names and contents of the sources of a page, of the compiled package it imports, and of the lock file. */
function digestOfInputs(root, folders) {
  const hash = createHash('sha256');
  const files = [
    ...folders.flatMap((folder) => filesIn(folder, (name) => name !== 'dist' && name !== 'node_modules')),
    ...filesIn(join(root, 'packages', 'protocol', 'dist'), (name) => !name.endsWith('.tsbuildinfo')),
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

/** All files below `folder` in order of their names; none when there is no such folder. */
function filesIn(folder, wanted) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => wanted(entry.name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesIn(path, wanted) : [path];
    });
}
