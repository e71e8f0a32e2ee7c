import { area, directive } from '../declare/directive.js';
import type { Site } from '../declare/directive.js';
import { file, flag, msec, present, text } from '../declare/arguments.js';
import { parseInteger, parseSize } from '../text/units.js';

export const LOG_LEVELS = ['emerg', 'alert', 'crit', 'error', 'warn', 'notice', 'info', 'debug'] as const;
export type ErrorLogLevel = (typeof LOG_LEVELS)[number];
const DEBUG = /^debug_(?:core|alloc|mutex|event|http|mail|stream)$/;

export interface ErrorLog {
  /** A path; `stderr` for standard error. */
  readonly target: string;
  readonly level: ErrorLogLevel;
}

function readErrorLog([target = '', ...levels]: readonly string[], site: Site): ErrorLog {
  if (/^(?:syslog|memory):/.test(target)) {
    site.fail(`"${target.slice(0, target.indexOf(':') + 1)}" in the "error_log" directive is not served by pinwheel`);
  }
  let level: ErrorLogLevel | undefined;
  for (const given of levels) {
    const known = LOG_LEVELS.find((one) => one === given) ?? (DEBUG.test(given) ? 'debug' : undefined);
    if (known === undefined) return site.fail(`invalid log level "${given}"`);
    if (level !== undefined && !DEBUG.test(given)) site.fail(`duplicate log level "${given}"`);
    level ??= known;
  }
  return { target, level: level ?? 'error' };
}

/** Directives of the process. */
export const core = area({
  user: directive({
    in: ['main'],
    args: [1, 2],
    inherit: 'none',
    read: ([user = '', group], _site): { readonly user: string; readonly group: string } => ({
      user,
      group: group ?? user,
    }),
  }),
  daemon: directive({ in: ['main'], args: 'flag', read: flag, default: 'on' }),
  pid: directive({ in: ['main'], args: 1, read: file, default: 'logs/pinwheel.pid' }),
  worker_processes: directive({
    in: ['main'],
    args: 1,
    read: ([count = ''], site): number | 'auto' =>
      count === 'auto' ? count : (parseInteger(count) ?? site.reject('invalid value')),
    default: '1',
  }),
  master_process: directive({
    in: ['main'],
    args: 'flag',
    read: flag,
    default: 'on',
    note: 'with `off` one process serves; `worker_processes` and `user` are ignored',
  }),
  worker_shutdown_timeout: directive({ in: ['main'], args: 1, read: msec }),
  events: directive({ in: ['main'], args: 0, opens: 'events', repeats: false, read: present }),
  worker_connections: directive({
    in: ['events'],
    args: 1,
    read: ([count = ''], site): number => parseInteger(count) ?? site.fail(`invalid number "${count}"`),
    default: '512',
  }),
  error_log: directive({
    in: ['main', 'http', 'server', 'location'],
    args: [1, 9_999],
    inherit: 'list',
    read: readErrorLog,
    note: 'files and `stderr` only',
  }),
  include: directive({
    in: ['main', 'events', 'http', 'server', 'location', 'upstream'],
    args: 1,
    inherit: 'none',
    repeats: true,
    read: text,
  }),
});

/** The size of a shared memory zone in bytes; at least eight pages, as in nginx. */
export function zoneSize(given: string): number | 'invalid' | 'small' {
  const bytes = parseSize(given);
  if (bytes === undefined) return 'invalid';
  return bytes < 8 * 4_096 ? 'small' : bytes;
}
