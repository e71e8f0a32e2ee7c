import type { Facts, FieldOptions, GivenLocation } from '@pinwheel/proxy';
import { http } from '../directives/http.js';
import type { Location } from '../directives/location.js';
import { log } from '../directives/log.js';
import type { AccessLog } from '../directives/log.js';
import { proxy } from '../directives/proxy.js';
import type { ProxyPass } from '../directives/proxy.js';
import { ConfError } from '../error.js';
import type { Scope } from '../scope.js';
import type { Surroundings } from './proxy-options.js';
import { contentTypeOf } from './content-type.js';
import { tlsGroupName } from './tls.js';

type Refuse = (what: string) => never;

/** The locations of a server. `return` at the server's own level answers everything (it runs before any location). */
export function locationsOf(server: Scope, around: Surroundings): readonly GivenLocation[] {
  const own = replyOf(server);
  if (own !== undefined) return [{ path: '/', ...own, ...commonOf(server, around) }];
  return server.blocks(http.location).map(({ value, scope, directive }) => {
    const refuse: Refuse = (what) => {
      throw new ConfError(`${what} is not served by pinwheel`, directive);
    };
    if (scope.blocks(http.location).length > 0) refuse('a location inside a location');
    const answer = replyOf(scope) ?? forwardOf(scope, refuse);
    return { ...matchOf(value, refuse), ...answer, ...commonOf(scope, around) };
  });
}

function matchOf(location: Location, refuse: Refuse): Pick<GivenLocation, 'path' | 'match' | 'matches'> {
  switch (location.kind) {
    case 'exact':
      return { path: location.path, match: 'exact' };
    case 'prefix':
      return { path: location.path, match: location.noRegex ? 'final_prefix' : 'prefix' };
    case 'regex': {
      const { regex } = location;
      return { path: '', match: 'expression', matches: (path, facts) => regex.match(path, facts) };
    }
    case 'named':
      return refuse('a named location');
  }
}

function replyOf(scope: Scope): Pick<GivenLocation, 'reply'> | undefined {
  const [first] = scope.own(http.return);
  if (first === undefined) return undefined;
  const { status, text } = first.value;
  return {
    reply: {
      status: status === 0 ? 200 : status,
      ...(text === undefined ? {} : { text: text.value }),
      contentType: contentTypeOf(scope),
    },
  };
}

function forwardOf(scope: Scope, refuse: Refuse): Partial<GivenLocation> {
  const pass = scope.get(proxy.proxy_pass);
  if (pass === undefined) return refuse('a location without "proxy_pass" or "return"');
  if (pass.kind === 'variable') return refuse('"proxy_pass" with variables');
  if ('unix' in pass.address) return refuse('"proxy_pass" to a unix socket');
  if (scope.get(proxy.proxy_http_version) === '1.0') return refuse('"proxy_http_version 1.0"');
  return {
    upstream: pass.scheme === 'https' ? tlsGroupName(scope, pass) : pass.authority,
    ...(pass.uri === undefined ? {} : { uri: pass.uri.startsWith('/') ? pass.uri : `/${pass.uri}` }),
    fields: fieldsOf(scope, pass),
    connectTimeout: Math.max(1, scope.get(proxy.proxy_connect_timeout)),
    readTimeout: Math.max(1, scope.get(proxy.proxy_read_timeout)),
    sendTimeout: Math.max(1, scope.get(proxy.proxy_send_timeout)),
  };
}

/** `proxy_set_header`, and nginx's own `Host $proxy_host` unless that one is given. */
function fieldsOf(scope: Scope, pass: Extract<ProxyPass, { kind: 'constant' }>): readonly FieldOptions[] {
  const given = scope.list(proxy.proxy_set_header).map(({ name, value }) => ({ name, value: value.value }));
  const hasHost = given.some(({ name }) => name.toLowerCase() === 'host');
  // A length or coding that a configuration sets would contradict the body that follows.
  const ours = given.filter(({ name }) => !/^(?:content-length|transfer-encoding)$/i.test(name));
  return hasHost ? ours : [{ name: 'Host', value: pass.authority }, ...ours];
}

function commonOf(scope: Scope, around: Surroundings): Pick<GivenLocation, 'bodyLimit' | 'onEnd' | 'addedFields'> {
  const logs = scope.list(log.access_log);
  const written = logs.includes('off') ? [] : logs.filter((one): one is AccessLog => one !== 'off');
  const writers = written.map((one) => writerOf(one, around));
  const added = scope.list(http.add_header);
  return {
    ...(added.length === 0
      ? {}
      : { addedFields: added.map(({ name, value, always }) => ({ name, value: value.value, always })) }),
    bodyLimit: scope.get(http.client_max_body_size),
    ...(writers.length === 0
      ? {}
      : {
          onEnd: (facts) => {
            for (const write of writers) write(facts);
          },
        }),
  };
}

function writerOf({ path, format, condition }: AccessLog, around: Surroundings): (facts: Facts) => void {
  const constant = path.isConstant ? around.accessLog(path.source) : undefined;
  return (facts) => {
    if (condition !== undefined) {
      const holds = condition.evaluate(facts);
      if (holds === '' || holds === '0') return;
    }
    const write = constant ?? around.accessLog(path.evaluate(facts));
    write(format.line(facts));
  };
}
