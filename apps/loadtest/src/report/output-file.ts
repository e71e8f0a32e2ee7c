import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { OptionError } from '../options/option-error.js';

/**
 * Makes sure that a file can be written, before anything is measured for it. Creates nothing.
 *
 * @throws OptionError when it cannot
 */
export function checkWritable(option: string, file: string): void {
  const path = resolve(file);
  const expected = (what: string): OptionError => new OptionError(option, what, file);
  if (existsSync(path)) {
    if (!statSync(path).isFile()) throw expected('a file that can be written, not something else');
    if (!canWrite(path)) throw expected('a file that can be written');
  }
  const folder = dirname(path);
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw expected('a file in a folder that is there');
  if (!canWrite(folder)) throw expected('a file in a folder that can be written');
}

function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    // The answer is no, whatever the reason.
    return false;
  }
}

/** Writes a file whole or not at all. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const part = `${file}.part`;
  await writeFile(part, text);
  await rename(part, file);
}
