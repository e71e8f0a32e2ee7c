import { resolve } from 'node:path';
import { type Configuration, http, loadConfiguration, proxyOptions, type Surroundings } from '@pinwheel/nginx-conf';
import type { GivenProxyOptions } from '@pinwheel/proxy';
import { byteString } from './files/byte-string.js';
import { DiskFiles } from './files/conf-files.js';
import { STDERR } from './files/paths.js';
import { LogFiles } from './logs/log-files.js';
import { DiskSurroundings } from './surroundings.js';

type Log = NonNullable<GivenProxyOptions['log']>;

/**
 * The proxy options of a configuration.
 *
 * @throws ConfError for the first directive that the proxy cannot serve
 */
export function optionsOf(configuration: Configuration, around: Surroundings, log: Log): GivenProxyOptions {
  // Without an http block nginx runs, and listens nowhere.
  if (!configuration.main.has(http.http)) return { listeners: [], upstreams: [], log };
  return { ...proxyOptions(configuration, around), log };
}

/**
 * The proxy options of an nginx.conf that another program serves. That program decides about its process: `daemon`, `pid`,
 * `user`, `error_log` and the like have no effect. Relative paths start from the current directory.
 *
 * @param log gets the warnings of the configuration and the messages of the proxy
 * @throws ConfError for the first mistake in the file
 * @example createProxy(fileOptions('nginx.conf', (level, message) => console.error(level, message)))
 */
export function fileOptions(file: string, log: Log): GivenProxyOptions {
  const paths = { prefix: byteString(`${process.cwd()}/`), confFile: byteString(resolve(file)), errorLog: STDERR };
  const configuration = loadConfiguration(new DiskFiles(), paths.confFile);
  for (const warning of configuration.warnings) log('warn', withoutProgram(warning));
  const around = new DiskSurroundings(paths, new LogFiles());
  const options = optionsOf(configuration, around, log);
  around.openLogs();
  return options;
}

/** The message and place of an error or warning of a configuration, without `pinwheel: [level] `. */
export function withoutProgram(problem: { toString(): string }): string {
  return problem.toString().replace(/^pinwheel: \[\w+\] /, '');
}
