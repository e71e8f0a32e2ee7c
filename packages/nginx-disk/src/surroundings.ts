import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { ConfError, confPrefix, type ErrorLogLevel, fullPath, type Surroundings } from '@pinwheel/nginx-conf';
import { bytes } from './files/byte-string.js';
import { ErrorLog } from './logs/error-log.js';
import type { Buffering } from './logs/line-buffer.js';
import { LogFile } from './logs/log-file.js';
import type { LogFiles } from './logs/log-files.js';
import { logPath, type Paths } from './files/paths.js';
import type { Snapshot } from './files/snapshot.js';
import { fileFailureMessage } from './files/system-failure.js';

type RequestLog = ReturnType<NonNullable<Surroundings['errorLog']>>;

/** The files that one configuration uses on this machine: access logs, error logs, certificates and keys. */
export class DiskSurroundings implements Surroundings {
  readonly #paths: Paths;
  readonly #logs: LogFiles;
  readonly prefix: string;
  /** The access logs that the configuration names without variables. */
  readonly accessLogs = new Map<LogFile, Buffering | undefined>();
  /** The error logs of servers and locations. */
  readonly errorLogs = new Set<LogFile>();
  readonly hostname = hostname();
  /** Certificates and keys by path, as they were read. */
  readonly texts: Map<string, string>;
  /** Undefined when names are looked up for each connection. */
  readonly addressesOf?: (host: string) => readonly string[];
  #isOpen = false;

  /** @param given files, and addresses of the configuration's host names, that are known already */
  constructor(paths: Paths, logs: LogFiles, given: Partial<Snapshot> = {}) {
    this.texts = new Map(given.files);
    this.#paths = paths;
    this.prefix = paths.prefix;
    this.#logs = logs;
    if (given.hosts !== undefined) {
      const hosts = new Map(given.hosts);
      this.addressesOf = (host) => hosts.get(host) ?? [];
    }
  }

  /** A log that is first used while serving has variables in its path: it is opened for each line, as in nginx. */
  accessLog(path: string, buffering?: Buffering): (line: string) => void {
    const full = fullPath(path, this.#paths.prefix);
    if (this.#isOpen) {
      return (line) => {
        const file = new LogFile(full);
        file.write(`${line}\n`);
        file.close();
      };
    }
    const file = this.#logs.at(full);
    if (this.accessLogs.has(file) && !isSame(this.accessLogs.get(file), buffering)) {
      throw new ConfError(`access_log "${full}" already defined with conflicting parameters`);
    }
    this.accessLogs.set(file, buffering);
    return (line) => file.write(`${line}\n`);
  }

  errorLog(logs: readonly { readonly target: string; readonly level: ErrorLogLevel }[]): RequestLog {
    const targets = logs.map(({ target, level }) => ({
      file: this.#logs.at(logPath(target, this.#paths.prefix)),
      level,
    }));
    for (const { file } of targets) this.errorLogs.add(file);
    const log = new ErrorLog(targets);
    return (level, message) => log.log(level, message);
  }

  /**
   * Opens the access logs, and the error logs of servers and locations.
   *
   * @throws ConfError in nginx's words when one cannot be opened
   */
  openLogs(): void {
    for (const [file, buffering] of this.accessLogs) {
      try {
        file.open();
        file.gather(buffering);
      } catch (error) {
        throw new ConfError(fileFailureMessage(file.path, error));
      }
    }
    for (const file of this.errorLogs) {
      try {
        file.open();
      } catch (error) {
        throw new ConfError(fileFailureMessage(file.path, error));
      }
    }
    this.#isOpen = true;
  }

  /** A relative path starts from the folder of the configuration file. */
  pathOf(path: string): string {
    return fullPath(path, confPrefix(this.#paths.confFile));
  }

  readFile(path: string): string {
    const full = this.pathOf(path);
    const known = this.texts.get(full);
    if (known !== undefined) return known;
    try {
      const text = readFileSync(bytes(full), 'latin1');
      this.texts.set(full, text);
      return text;
    } catch (error) {
      throw new Error(fileFailureMessage(full, error), { cause: error });
    }
  }
}

function isSame(one: Buffering | undefined, other: Buffering | undefined): boolean {
  return one?.size === other?.size && one?.flush === other?.flush;
}
