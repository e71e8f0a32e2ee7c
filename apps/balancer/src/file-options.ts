import { resolve } from 'node:path';
import { loadConfiguration } from '@pinwheel/nginx-conf';
import type { GivenProxyOptions } from '@pinwheel/proxy';
import { byteString } from './process/byte-string.js';
import { DiskFiles } from './process/conf-files.js';
import { optionsOf } from './process/configured-proxy.js';
import { LogFiles } from './process/log-files.js';
import { STDERR } from './process/paths.js';
import { withoutProgram } from './process/settings.js';
import { DiskSurroundings } from './process/surroundings.js';

/**
 * The options of a proxy that serves an nginx.conf inside another process. What the file says of processes (`daemon`,
 * `pid`, `user`, `error_log`, ...) is left to that process; relative paths start from the current directory.
 *
 * @param log gets the configuration's warnings and the proxy's messages
 * @throws ConfError for the first thing in the file that cannot be used
 */
export function fileOptions(file: string, log: NonNullable<GivenProxyOptions['log']>): GivenProxyOptions {
  const paths = { prefix: byteString(`${process.cwd()}/`), confFile: byteString(resolve(file)), errorLog: STDERR };
  const configuration = loadConfiguration(new DiskFiles(), paths.confFile);
  for (const warning of configuration.warnings) log('warn', withoutProgram(warning));
  const around = new DiskSurroundings(paths, new LogFiles());
  const options = optionsOf(configuration, around, log);
  around.openLogs();
  return options;
}
