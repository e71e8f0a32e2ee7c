import type { GivenServer } from '@pinwheel/proxy';
import { http } from '../directives/http.js';
import type { ServerName } from '../directives/server-name.js';
import type { Scope } from '../declare/scope.js';

/** `server_name`. A server without one has the empty name: it takes requests that name no host. */
export function namesOf(server: Scope, hostname: string): Pick<GivenServer, 'name' | 'names' | 'expressions'> {
  const given = server.own(http.server_name).flatMap(({ value }) => value);
  const [first] = given;
  if (first === undefined) return { name: '', names: [''] };
  return {
    name: shownName(first, hostname),
    names: given.flatMap((one) => {
      if ('name' in one) return [one.name];
      return 'hostname' in one ? [hostname.toLowerCase()] : [];
    }),
    expressions: given.flatMap((one) => {
      if (!('regex' in one)) return [];
      const { regex } = one;
      return [(host, facts) => regex.match(host, facts)];
    }),
  };
}

/** The value of `$server_name`: the name as written, an expression with its `~`, `.name` without the dot. */
function shownName(first: ServerName, hostname: string): string {
  if ('regex' in first) return `~${first.regex.source}`;
  if ('hostname' in first) return hostname.toLowerCase();
  return first.name.startsWith('.') ? first.name.slice(1) : first.name;
}
