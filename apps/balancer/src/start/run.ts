import { accessSync, constants } from 'node:fs';
import { ConfError, hostsToLookUp } from '@pinwheel/nginx-conf';
import {
  bytes,
  DiskFiles,
  DiskSurroundings,
  ErrorLog,
  fileFailureMessage,
  type LogFile,
  LogFiles,
  lookUpHosts,
  openErrorLogs,
  optionsOf,
  type Paths,
  pathsOf,
  STDERR,
  withoutProgram,
} from '@pinwheel/nginx-disk';
import { plainSocketsNotice } from '@pinwheel/raw-socket';
import { BalancerProcess } from '../serve/balancer-process.js';
import { type CommandLine, CommandLineError, readCommandLine } from './command-line.js';
import { checkOptions } from '../serve/configured-proxy.js';
import { startDaemon } from './daemon.js';
import { loadSettings, needsMaster, type Settings } from '../serve/settings.js';
import { signalProcess } from './signal-process.js';
import { isDaemon, printToTerminal } from '../serve/terminal.js';
import { buildText, USAGE, VERSION_TEXT } from './usage.js';
import { isWorker } from '../worker/messages.js';

/**
 * Runs the program for a command line in nginx's form.
 *
 * @returns the exit code; undefined when the process serves until a signal ends it
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
    const { runWorker } = await import('../worker/worker.js');
    runWorker(pathsOf(line), line.directives);
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

/** One run of the program, until the process serves or exits. */
class Run {
  readonly #line: CommandLine;
  readonly #paths: Paths;
  readonly #files = new DiskFiles();
  readonly #logs = new LogFiles();
  /** The log of the start, until the logs of the configuration are open. */
  readonly #log: ErrorLog;

  constructor(line: CommandLine) {
    this.#line = line;
    this.#paths = pathsOf(line);
    this.#log = new ErrorLog([{ file: this.#startLog(), level: 'notice' }], printToTerminal);
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

  /** A daemon logs no warnings: the process that started it has logged them. */
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
      // The process that started a daemon has printed it.
      const why = fileFailureMessage(this.#paths.errorLog, error);
      if (!isDaemon) printToTerminal(`pinwheel: [alert] could not open error log file: ${why}\n`);
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
      if (!this.#line.quiet) printToTerminal(`pinwheel: the configuration file ${confFile} syntax is ok\n`);
      openErrorLogs(configuration, this.#paths, this.#logs);
      around.openLogs();
      checkFolder(pidPath);
    } catch (error) {
      const code = this.#fail(error, this.#log);
      printToTerminal(`pinwheel: configuration file ${confFile} test failed\n`);
      return code;
    }
    if (!this.#line.quiet) printToTerminal(`pinwheel: configuration file ${confFile} test is successful\n`);
    if (this.#line.dump) process.stdout.write(bytes(this.#files.dump()));
    return 0;
  }

  async #serve(settings: Settings): Promise<number | undefined> {
    const targets = openErrorLogs(settings.configuration, this.#paths, this.#logs);
    if (settings.daemon && !isDaemon) {
      const [first] = targets.process;
      return startDaemon(first?.file.descriptor ?? 'inherit');
    }
    const log = new ErrorLog(targets.process, printToTerminal);
    const notice = plainSocketsNotice();
    if (notice !== undefined) log.log('notice', notice);
    try {
      if (needsMaster(settings)) {
        // A process that serves alone does not load what only a master needs.
        const { Master } = await import('../master/master.js');
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

/** Checks that the folder of the pid file exists and can be written. @throws ConfError */
function checkFolder(pidPath: string): void {
  try {
    accessSync(bytes(pidPath.slice(0, pidPath.lastIndexOf('/') + 1) || '.'), constants.W_OK);
  } catch (error) {
    throw new ConfError(fileFailureMessage(pidPath, error));
  }
}
