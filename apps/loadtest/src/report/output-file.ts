import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UsageError } from '@pinwheel/cli';

/**
 * Checks that a file can be written, before anything is measured for it. Creates nothing.
 *
 * @throws UsageError when it cannot
 */
export function checkWritable(flag: string, file: string): void {
  const path = resolve(file);
  const refused = (why: string): UsageError => new UsageError(`${flag}: ${file} ${why}`);
  if (existsSync(path)) {
    if (!statSync(path).isFile()) throw refused('is not a file');
    if (!canWrite(path)) throw refused('cannot be written');
  }
  const folder = dirname(path);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw refused('is in a folder that does not exist');
  if (!canWrite(folder)) throw refused('is in a folder that cannot be written');
}

function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    // Whatever the reason, the file cannot be written.
    return false;
  }
}

/** Writes a file as a whole: it is renamed into place. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const part = `${file}.part`;
  await writeFile(part, text);
  await rename(part, file);
}
