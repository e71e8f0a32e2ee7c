import { readFileSync } from 'node:fs';
import type { ConfFiles } from '@pinwheel/nginx-conf';
import { bytes } from './byte-string.js';
import { globPaths } from './glob.js';
import { systemFailure } from './system-failure.js';

/** The files of this machine, remembered as they were read, for `-T`. */
export class DiskFiles implements ConfFiles {
  /** Path to text, in the order of the first reading. */
  readonly texts = new Map<string, string>();

  read(path: string): ReturnType<ConfFiles['read']> {
    try {
      const text = readFileSync(bytes(path), 'latin1');
      this.texts.set(path, text);
      return { text };
    } catch (error) {
      return { failure: systemFailure(error) };
    }
  }

  glob(pattern: string): readonly string[] {
    return globPaths(pattern);
  }

  /** What `-T` shows. */
  dump(): string {
    return [...this.texts].map(([path, text]) => `# configuration file ${path}:\n${text}\n`).join('');
  }
}
