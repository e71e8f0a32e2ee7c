import { area, directive } from '../declare/directive.js';
import type { Site } from '../declare/directive.js';
import { invalidParameter, parameter } from '../declare/arguments.js';
import { COMBINED, LogFormat } from '../values/log-format.js';
import type { LogEscape } from '../values/log-format.js';
import { parseMilliseconds, parseSize } from '../text/units.js';
import type { ComplexValue } from '../values/value.js';

const ESCAPES: readonly LogEscape[] = ['default', 'json', 'none'];

function readLogFormat([name = '', ...rest]: readonly string[], site: Site): LogFormat {
  if (name === 'combined' || site.logFormats.has(name)) site.fail(`duplicate "log_format" name "${name}"`);
  const given = parameter(rest[0] ?? '', 'escape');
  const escape = given === undefined ? 'default' : ESCAPES.find((one) => one === given);
  if (escape === undefined) return site.fail(`unknown log format escaping "${given ?? ''}"`);
  const texts = given === undefined ? rest : rest.slice(1);
  const format = site.variables.add(new LogFormat(name, escape, texts, site.place));
  site.logFormats.set(name, format);
  return format;
}

export interface AccessLog {
  /** A path that may contain variables. */
  readonly path: ComplexValue;
  readonly format: LogFormat;
  /** Size of the buffer in bytes; 0 writes every line at once. */
  readonly buffer: number;
  /** Milliseconds after which buffered lines are written even if the buffer is not full. */
  readonly flush: number | undefined;
  /** The line is left out when this is '' or '0'. */
  readonly condition: ComplexValue | undefined;
}

function combined(site: Site): LogFormat {
  const known = site.logFormats.get('combined');
  if (known !== undefined) return known;
  const format = site.variables.add(new LogFormat('combined', 'default', [COMBINED], { file: '', line: 0 }));
  site.logFormats.set('combined', format);
  return format;
}

function readAccessLog(args: readonly string[], site: Site): AccessLog | 'off' {
  const [target = '', name = 'combined', ...rest] = args;
  if (target === 'off') {
    if (args.length > 1) invalidParameter(name, site);
    return target;
  }
  if (target.startsWith('syslog:')) site.fail('"syslog:" in the "access_log" directive is not served by pinwheel');
  const path = site.complex(target);
  const format = name === 'combined' ? combined(site) : site.logFormats.get(name);
  if (format === undefined) return site.fail(`unknown log format "${name}"`);
  let buffer = 0;
  let flush: number | undefined;
  let condition: ComplexValue | undefined;
  for (const arg of rest) {
    const size = parameter(arg, 'buffer');
    const time = parameter(arg, 'flush');
    const when = parameter(arg, 'if');
    if (size !== undefined) buffer = parseSize(size) || site.fail(`invalid buffer size "${size}"`);
    else if (time !== undefined) flush = parseMilliseconds(time) || site.fail(`invalid flush time "${time}"`);
    else if (when !== undefined) condition = site.complex(when);
    else if (arg === 'gzip' || arg.startsWith('gzip=')) {
      site.fail('the "gzip" parameter of the "access_log" directive is not served by pinwheel');
    } else invalidParameter(arg, site);
  }
  if (buffer > 0 && !path.isConstant) site.fail('buffered logs cannot have variables in name');
  if (flush !== undefined && buffer === 0) site.fail(`no buffer is defined for access_log "${target}"`);
  return { path, format, buffer, flush, condition };
}

/** Directives for the access log. */
export const log = area({
  log_format: directive({ in: ['http'], args: [2, 9_999], inherit: 'none', repeats: true, read: readLogFormat }),
  access_log: directive({
    in: ['http', 'server', 'location'],
    args: [1, 9_999],
    inherit: 'list',
    read: readAccessLog,
    default: 'logs/access.log',
    note: 'files only, uncompressed; `off` applies to its whole level',
  }),
});
