import { readFileSync } from 'node:fs';
import type { ConfFiles } from '@pinwheel/nginx-conf';
import { bytes } from './byte-string.js';
import { globPaths } from './glob.js';
import type { Snapshot } from './snapshot.js';
import { systemFailure } from './system-failure.js';

/** The configuration files of this machine. It keeps what it read, for `-T` and for other processes. */
export class DiskFiles implements ConfFiles {
  /** Texts by path, in the order in which they were first read. */
  readonly texts: Map<string, string>;
  readonly globs: Map<string, readonly string[]>;
  readonly #isGiven: boolean;

  /** @param given files that another process has read: they are not read again */
  constructor(given?: Snapshot) {
    this.#isGiven = given !== undefined;
    this.texts = new Map(given?.conf);
    this.globs = new Map(given?.globs);
  }

  read(path: string): ReturnType<ConfFiles['read']> {
    const known = this.#isGiven ? this.texts.get(path) : undefined;
    if (known !== undefined) return { text: known };
    try {
      const text = readFileSync(bytes(path), 'latin1');
      this.texts.set(path, text);
      return { text };
    } catch (error) {
      return { failure: systemFailure(error) };
    }
  }

  glob(pattern: string): readonly string[] {
    const paths = (this.#isGiven ? this.globs.get(pattern) : undefined) ?? globPaths(pattern);
    this.globs.set(pattern, paths);
    return paths;
  }

  /** The output of `-T`. */
  dump(): string {
    return [...this.texts].map(([path, text]) => `# configuration file ${path}:\n${text}\n`).join('');
  }
}
