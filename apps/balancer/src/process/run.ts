import { accessSync, constants } from 'node:fs';
import { ConfError, hostsToLookUp } from '@pinwheel/nginx-conf';
import { BalancerProcess } from './balancer-process.js';
import { bytes } from './byte-string.js';
import { type CommandLine, CommandLineError, readCommandLine } from './command-line.js';
import { DiskFiles } from './conf-files.js';
import { checkOptions, optionsOf } from './configured-proxy.js';
import { startDaemon } from './daemon.js';
import { ErrorLog } from './error-log.js';
import { openErrorLogs } from './error-log-targets.js';
import type { LogFile } from './log-file.js';
import { lookUpHosts } from './host-addresses.js';
import { LogFiles } from './log-files.js';
import { type Paths, pathsOf, STDERR } from './paths.js';
import { loadSettings, needsMaster, type Settings, withoutProgram } from './settings.js';
import { signalProcess } from './signal-process.js';
import { DiskSurroundings } from './surroundings.js';
import { fileFailureMessage } from './system-failure.js';
import { isDaemon, tellTerminal } from './terminal.js';
import { buildText, USAGE, VERSION_TEXT } from './usage.js';
import { isWorker } from './worker-messages.js';

/**
 * The program with a command line in nginx's form.
 *
 * @returns the exit code; undefined when the process serves, and ends by itself
 */
export async function runAsNginx(args: readonly string[]): Promise<number | undefined> {
  let line: CommandLine;
  try {
    line = readCommandLine(args);
  } catch (error) {
    if (!(error instanceof CommandLineError)) throw error;
    process.stderr.write(`pinwheel: ${error.message}\n`);
    return 1;
  }
  if (isWorker) {
    const { runWorker } = await import('./worker.js');
    runWorker(line);
    return undefined;
  }
  if (line.version) {
    process.stderr.write(VERSION_TEXT);
    if (line.build) process.stderr.write(buildText());
    if (line.help) process.stderr.write(USAGE);
    if (!line.test) return 0;
  }
  return new Run(line).run();
}

/** One run, until the process serves or ends. */
class Run {
  readonly #line: CommandLine;
  readonly #paths: Paths;
  readonly #files = new DiskFiles();
  readonly #logs = new LogFiles();
  /** Where the start is logged, until the configuration's own logs are open. */
  readonly #log: ErrorLog;

  constructor(line: CommandLine) {
    this.#line = line;
    this.#paths = pathsOf(line);
    this.#log = new ErrorLog([{ file: this.#startLog(), level: 'notice' }], true);
  }

  async run(): Promise<number | undefined> {
    try {
      if (this.#line.test) return await this.#test();
      const settings = this.#load();
      if (this.#line.signal !== undefined) {
        return signalProcess(this.#line.signal, settings.pidPath, this.#log) ? 0 : 1;
      }
      return await this.#serve(settings);
    } catch (error) {
      return this.#fail(error, this.#log);
    }
  }

  /** Whoever started the daemon has told the warnings. */
  #load(): Settings {
    return loadSettings(this.#files, this.#paths, this.#line.directives, (message) => {
      if (!isDaemon) this.#log.log('warn', message);
    });
  }

  /** The error log of the command line; standard error where that cannot be opened. */
  #startLog(): LogFile {
    try {
      return this.#logs.open(this.#paths.errorLog);
    } catch (error) {
      // Whoever started the daemon has told it.
      const why = fileFailureMessage(this.#paths.errorLog, error);
      if (!isDaemon) tellTerminal(`pinwheel: [alert] could not open error log file: ${why}\n`);
      return this.#logs.open(STDERR);
    }
  }

  #fail(error: unknown, log: ErrorLog): number {
    if (!(error instanceof ConfError)) throw error;
    log.log('emerg', withoutProgram(error));
    return 1;
  }

  async #test(): Promise<number> {
    const { confFile } = this.#paths;
    try {
      const { configuration, pidPath } = this.#load();
      const hosts = await lookUpHosts(hostsToLookUp(configuration));
      const around = new DiskSurroundings(this.#paths, this.#logs, { hosts });
      checkOptions(optionsOf(configuration, around, () => undefined));
      if (!this.#line.quiet) tellTerminal(`pinwheel: the configuration file ${confFile} syntax is ok\n`);
      openErrorLogs(configuration, this.#paths, this.#logs);
      around.openLogs();
      checkFolder(pidPath);
    } catch (error) {
      const code = this.#fail(error, this.#log);
      tellTerminal(`pinwheel: configuration file ${confFile} test failed\n`);
      return code;
    }
    if (!this.#line.quiet) tellTerminal(`pinwheel: configuration file ${confFile} test is successful\n`);
    if (this.#line.dump) process.stdout.write(bytes(this.#files.dump()));
    return 0;
  }

  async #serve(settings: Settings): Promise<number | undefined> {
    const targets = openErrorLogs(settings.configuration, this.#paths, this.#logs);
    if (settings.daemon && !isDaemon) {
      const [first] = targets.process;
      return startDaemon(first?.file.descriptor ?? 'inherit');
    }
    const log = new ErrorLog(targets.process, true);
    try {
      if (needsMaster(settings)) {
        // A start that needs no others does not wait for what they need.
        const { Master } = await import('./master.js');
        await new Master(this.#paths, this.#line.directives, settings, this.#files, this.#logs, targets).start();
      } else {
        await new BalancerProcess(this.#paths, this.#line.directives, settings, this.#logs, targets).start();
      }
    } catch (error) {
      return this.#fail(error, log);
    }
    return undefined;
  }
}

/** A pid file can be written where its folder is there and ours to write. */
function checkFolder(pidPath: string): void {
  try {
    accessSync(bytes(pidPath.slice(0, pidPath.lastIndexOf('/') + 1) || '.'), constants.W_OK);
  } catch (error) {
    throw new ConfError(fileFailureMessage(pidPath, error));
  }
}
