import type { Facts, GivenLocation, GivenServer, ReplyOptions } from '@pinwheel/proxy';
import { core } from '../directives/core.js';
import { http } from '../directives/http.js';
import type { Return, SetVariable } from '../directives/http.js';
import type { Location } from '../directives/location.js';
import { log } from '../directives/log.js';
import type { AccessLog } from '../directives/log.js';
import type { Scope } from '../declare/scope.js';
import { contentOf, contentTypeOf, rootOf } from './files.js';
import type { Surroundings } from './surroundings.js';
import { connectionOf } from './connections.js';
import { forwardOf } from './proxy-pass.js';
import { realIpOf } from './real-ip.js';

interface LocationBlock {
  readonly value: Location;
  readonly scope: Scope;
}

/**
 * The locations of a server and what applies around them. `return` at the server's own level answers every request, as it runs
 * before any location is chosen; only an error page may still be a named one.
 */
export function locationsOf(
  server: Scope,
  around: Surroundings,
): Pick<GivenServer, 'locations' | 'otherwise' | 'prepare'> {
  const common = commonOf(server, around);
  const { reply, prepare } = stepsOf(server);
  const blocks = server.blocks(http.location);
  const named = blocks.filter(({ value }) => value.kind === 'named').map((block) => locationOf(block, around));
  return {
    locations:
      reply === undefined
        ? blocks.map((block) => locationOf(block, around))
        : // It runs before the size of a body is checked.
          [{ path: '/', reply, ...common, bodyLimit: 0 }, ...named],
    otherwise: { path: '', ...contentOf(server), ...common },
    ...(prepare === undefined ? {} : { prepare }),
  };
}

function locationOf({ value, scope }: LocationBlock, around: Surroundings): GivenLocation {
  const steps = stepsOf(scope);
  const answer = steps.reply === undefined ? (forwardOf(scope, around) ?? contentOf(scope)) : {};
  const locations = scope.blocks(http.location).map((block) => locationOf(block, around));
  return { ...matchOf(value), locations, ...steps, ...answer, ...commonOf(scope, around) };
}

function matchOf(location: Location): Pick<GivenLocation, 'path' | 'match' | 'matches'> {
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
      return { path: location.name, match: 'named' };
  }
}

/** The steps before the content of a level: its `set`s in the order of the file, up to the first `return`. */
function stepsOf(scope: Scope): Pick<GivenLocation, 'reply' | 'prepare'> {
  const sets: SetVariable[] = [];
  for (const { spec, value } of scope.entries) {
    if (spec === http.set) {
      sets.push(value as SetVariable);
    } else if (spec === http.return) {
      return { ...prepareOf(sets), reply: replyOf(value as Return, scope) };
    }
  }
  return prepareOf(sets);
}

function prepareOf(sets: readonly SetVariable[]): Pick<GivenLocation, 'prepare'> {
  if (sets.length === 0) return {};
  return {
    prepare: (facts) => {
      for (const { slot, value } of sets) facts.setVariable(slot, value.evaluate(facts));
    },
  };
}

function replyOf({ status, text }: Return, scope: Scope): ReplyOptions {
  return {
    status: status === 0 ? 200 : status,
    ...(text === undefined ? {} : { text: text.value }),
    contentType: contentTypeOf(scope),
  };
}

function commonOf(
  scope: Scope,
  around: Surroundings,
): Pick<
  GivenLocation,
  | 'root'
  | 'aliased'
  | 'redirects'
  | 'log'
  | 'bodyLimit'
  | 'onEnd'
  | 'addedFields'
  | 'errorPages'
  | 'realIp'
  | 'connection'
> {
  const logs = scope.list(log.access_log);
  const written = logs.includes('off') ? [] : logs.filter((one): one is AccessLog => one !== 'off');
  const writers = written.map((one) => writerOf(one, around));
  const added = scope.list(http.add_header);
  const pages = scope.list(http.error_page);
  return {
    ...rootOf(scope, around),
    redirects: {
      absolute: scope.get(http.absolute_redirect),
      port: scope.get(http.port_in_redirect),
      ownName: scope.get(http.server_name_in_redirect),
    },
    ...(pages.length === 0
      ? {}
      : { errorPages: pages.map(({ statuses, answer, uri }) => ({ statuses, answer, target: uri.value })) }),
    ...(added.length === 0
      ? {}
      : { addedFields: added.map(({ name, value, always }) => ({ name, value: value.value, always })) }),
    ...realIpOf(scope),
    connection: connectionOf(scope),
    ...errorLogOf(scope, around),
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

function writerOf({ path, format, condition, buffer, flush }: AccessLog, around: Surroundings): (facts: Facts) => void {
  const constant = path.isConstant
    ? around.accessLog(path.source, buffer === 0 ? undefined : { size: buffer, flush })
    : undefined;
  return (facts) => {
    if (condition !== undefined) {
      const holds = condition.evaluate(facts);
      if (holds === '' || holds === '0') return;
    }
    const write = constant ?? around.accessLog(path.evaluate(facts));
    write(format.line(facts));
  };
}

/** The log of a location that has its own `error_log`, or whose server has one; others use that of `http`. */
function errorLogOf(scope: Scope, around: Surroundings): Pick<GivenLocation, 'log'> {
  for (let level: Scope | undefined = scope; level !== undefined && level.context !== 'http'; level = level.parent) {
    if (level.own(core.error_log).length > 0) {
      const own = around.errorLog?.(level.list(core.error_log));
      return own === undefined ? {} : { log: own };
    }
  }
  return {};
}
