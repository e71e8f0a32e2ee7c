import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { nginxPath } from '@pinwheel/testing/nginx-process';
import { isOpen } from '@pinwheel/testing/ports';
import { until } from '@pinwheel/testing/until';

const BALANCER = join(dirname(createRequire(import.meta.url).resolve('@pinwheel/balancer')), 'main.js');

/** The program that runs the file. */
export type Runner = 'pinwheel' | 'nginx';

/** Tests run with both where nginx is installed, which proves that the expectations are nginx's. */
export const RUNNERS: readonly Runner[] = ['pinwheel', 'nginx'];

/** For `describe.skipIf`: nginx's rows need nginx (apt-get install nginx). */
export function isMissing(runner: Runner): boolean {
  return runner === 'nginx' && nginxPath === undefined;
}

/** A program that serves an nginx.conf, started as nginx is: `-p PREFIX -c conf/nginx.conf`. */
export class Recipe {
  readonly prefix: string;
  readonly #child: ChildProcess;

  private constructor(prefix: string, child: ChildProcess) {
    this.prefix = prefix;
    this.#child = child;
  }

  /**
   * @param conf text of the file; a `pid` line is put before it
   * @param port a port that it listens on
   * @param files further files of the prefix, by name
   */
  static async start(
    runner: Runner,
    conf: string,
    port: number,
    files: Readonly<Record<string, string>> = {},
  ): Promise<Recipe> {
    const prefix = await mkdtemp(join(tmpdir(), `pinwheel-${runner}-`));
    await mkdir(join(prefix, 'conf'));
    await mkdir(join(prefix, 'logs'));
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(prefix, name)), { recursive: true });
      await writeFile(join(prefix, name), text);
    }
    await writeConf(prefix, conf);
    const args = ['-p', prefix, '-c', 'conf/nginx.conf', '-e', 'logs/error.log', '-g', 'daemon off;'];
    const child =
      runner === 'nginx'
        ? spawn(nginxPath ?? 'nginx', args, { stdio: ['ignore', 'ignore', 'pipe'] })
        : spawn(process.execPath, [BALANCER, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    const recipe = new Recipe(prefix, child);
    try {
      await recipe.#accepts(port);
    } catch (error) {
      await recipe.stop();
      throw new Error(`${runner} does not serve the file: ${complaint}`, { cause: error });
    }
    return recipe;
  }

  /** The contents of one of its files; '' while it does not exist. */
  read(name: string): string {
    const path = join(this.prefix, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  /** Waits until one of its files contains the text. */
  async has(name: string, text: string): Promise<void> {
    await until(`${name} contains "${text}"`, () => this.read(name).includes(text));
  }

  /** Replaces the file and sends SIGHUP. */
  async reload(conf: string): Promise<void> {
    await writeConf(this.prefix, conf);
    this.#child.kill('SIGHUP');
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await exited;
    }
    await rm(this.prefix, { recursive: true, force: true });
  }

  /** Rejects when the program exits, or does not listen on the port within 10 s. */
  async #accepts(port: number): Promise<void> {
    const open = await until(
      `port ${port} is open`,
      async () => {
        if (this.#child.exitCode !== null) return 'exited';
        // Both write the pid file when all listeners are bound; the port of one may be open before.
        return this.read('logs/nginx.pid') !== '' && (await isOpen(port)) && 'open';
      },
      10_000,
    );
    if (open === 'exited') throw new Error(`the program exited before it listened on port ${port}`);
  }
}

/** Replaces the file atomically, since a reload may be reading it. */
async function writeConf(prefix: string, conf: string): Promise<void> {
  const path = join(prefix, 'conf/nginx.conf');
  await writeFile(`${path}.new`, `pid logs/nginx.pid;\n${conf}`);
  await rename(`${path}.new`, path);
}
