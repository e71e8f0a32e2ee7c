import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@pinwheel/testing/ports';
import { type Program, allGone, isAlive, startProgram } from '@pinwheel/testing/program';
import { until } from '@pinwheel/testing/until';

/** A folder for a balancer's `-p`, with `conf` and `logs`. */
export class Prefix {
  readonly path: string;
  /** A port that was free when the prefix was made. */
  readonly port: number;

  private constructor(path: string, port: number) {
    this.path = path;
    this.port = port;
  }

  static async make(): Promise<Prefix> {
    const path = await mkdtemp(join(tmpdir(), 'pinwheel-prefix-'));
    await mkdir(join(path, 'conf'));
    await mkdir(join(path, 'logs'));
    return new Prefix(path, await freePort());
  }

  file(name: string): string {
    return join(this.path, name);
  }

  read(name: string): string {
    return readFileSync(this.file(name), 'utf8');
  }

  exists(name: string): boolean {
    return existsSync(this.file(name));
  }

  /** Writes a configuration with one server on the port, whose location `/` has these lines. */
  serve(location: string, main = ''): Promise<void> {
    return this.configure(
      `${main} error_log logs/error.log notice; events { }\n` +
        `http { access_log off; server { listen 127.0.0.1:${this.port}; location / { ${location} } } }\n`,
    );
  }

  async configure(text: string): Promise<void> {
    // Replace the file atomically, since a reload may be reading it.
    await writeFile(this.file('conf/nginx.conf.new'), text);
    await rename(this.file('conf/nginx.conf.new'), this.file('conf/nginx.conf'));
  }

  /** Starts the program with `-p` and these options. */
  start(...args: string[]): Program {
    return startProgram('apps/balancer/dist/main.js', ['-p', this.path, ...args]);
  }

  /** Starts it in the foreground and waits for its pid file. */
  async serving(...args: string[]): Promise<Program> {
    const program = this.start('-g', 'daemon off;', ...args);
    await until('its pid file is written', () => this.pid !== undefined || program.child.exitCode !== null);
    if (program.child.exitCode !== null) throw new Error(`it ended:\n${program.stderr}`);
    return program;
  }

  /** Runs it to its end. */
  async run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const program = this.start(...args);
    const { code } = await program.ended;
    return { code, stdout: program.stdout, stderr: program.stderr };
  }

  /** The process id in `logs/pinwheel.pid`. */
  get pid(): number | undefined {
    return existsSync(this.file('logs/pinwheel.pid')) ? Number(this.read('logs/pinwheel.pid')) : undefined;
  }

  async text(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.port}/`, { headers: { connection: 'close' } })).text();
  }

  /** Waits until a log has a matching line, and returns it. */
  logged(pattern: RegExp, name = 'logs/error.log'): Promise<string> {
    return until(`${name} has a line that matches ${pattern}`, () => {
      if (!existsSync(this.file(name))) return undefined;
      return this.read(name)
        .split('\n')
        .find((line) => pattern.test(line));
    });
  }

  /** Kills the process in the pid file, and removes the folder. */
  async remove(): Promise<void> {
    const { pid } = this;
    if (pid !== undefined && pid > 1 && isAlive(pid)) {
      process.kill(pid, 'SIGKILL');
      await allGone([pid]);
    }
    await rm(this.path, { recursive: true, force: true });
  }
}
