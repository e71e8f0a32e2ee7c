import { packageVersion } from '../version.js';
import { DEFAULT_CONF, DEFAULT_ERROR_LOG } from './paths.js';

/** `pinwheel/0.1.0`. */
export function programVersion(): string {
  return `pinwheel/${packageVersion(new URL('../main.js', import.meta.url).href)}`;
}

/** What `-V` adds to the version. */
export function buildText(): string {
  const { node, openssl } = process.versions;
  return `running on Node.js ${node}\nwith OpenSSL ${openssl}\nTLS SNI support enabled\n`;
}

export const USAGE = `Usage: pinwheel-balancer [-?hvVtTq] [-s signal] [-p prefix]
                         [-e filename] [-c filename] [-g directives]

Options:
  -?,-h         : this help
  -v            : show version and exit
  -V            : show version and what it runs on, then exit
  -t            : test configuration and exit
  -T            : test configuration, dump it and exit
  -q            : suppress non-error messages during configuration testing
  -s signal     : send signal to a running process: stop, quit, reopen, reload
  -p prefix     : set prefix path (default: the current directory)
  -e filename   : set error log file (default: ${DEFAULT_ERROR_LOG})
  -c filename   : set configuration file (default: ${DEFAULT_CONF})
  -g directives : set global directives out of configuration file

Without a configuration file: see --help.
`;
