import type { Site } from '../declare/directive.js';
import { ServerNames } from '@pinwheel/proxy';
import type { Regex } from '../values/regex.js';

/** A name of a server: exact or with a wildcard (lower case), a regular expression, or `$hostname`. */
export type ServerName = { readonly name: string } | { readonly regex: Regex } | { readonly hostname: true };

/** `server_name`; '' is for requests without a host. */
export function readServerName(args: readonly string[], site: Site): readonly ServerName[] {
  return args.map((arg): ServerName => {
    if (arg === '.' || arg === '*' || (arg.length < 3 && arg.startsWith('*'))) {
      return site.fail(`server name "${arg}" is invalid`);
    }
    if (arg.includes('/')) site.warn(`server name "${arg}" has suspicious symbols`);
    if (arg.startsWith('~')) {
      if (arg.length === 1) site.fail(`empty regex in server name "${arg}"`);
      // Hosts are compared in lower case, so capital letters in the expression would never match.
      return { regex: site.regex(arg.slice(1), /[A-Z]/.test(arg)) };
    }
    if (arg.toLowerCase() === '$hostname') return { hostname: true };
    if (new ServerNames<true>().add(arg, true) === 'invalid') {
      // nginx reports this after it has read the whole file.
      site.later(() => site.fail(`invalid server name or wildcard "${arg}"`));
    }
    return { name: arg.toLowerCase() };
  });
}
