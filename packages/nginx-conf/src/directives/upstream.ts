import { parseAddress } from '../text/address.js';
import type { InetAddress, UnixAddress } from '../text/address.js';
import { enumeration, flag, invalidParameter, msec, number, present } from '../declare/arguments.js';
import { area, directive } from '../declare/directive.js';
import type { Context, Site } from '../declare/directive.js';
import { ConfError } from '../text/error.js';
import type { Entry } from '../declare/scope.js';
import { parseInteger, parseSeconds } from '../text/units.js';
import type { ComplexValue } from '../values/value.js';
import { zoneSize } from './core.js';
import { readResolver } from './http.js';
import { readSticky } from './sticky.js';

const UPSTREAM: readonly Context[] = ['upstream'];

/** `server` in an upstream. */
export interface UpstreamServer {
  /** As written; logs show it for a host name. */
  readonly source: string;
  /** Port 80 where none is given. */
  readonly address: (InetAddress & { readonly port: number }) | UnixAddress;
  readonly weight: number;
  readonly maxFails: number;
  /** Milliseconds. */
  readonly failTimeout: number;
  /** 0: no limit. */
  readonly maxConns: number;
  readonly backup: boolean;
  readonly down: boolean;
  readonly drain: boolean;
  /** The name is resolved again while the balancer runs. */
  readonly resolve: boolean;
  /** The service of SRV records; needs `resolve`. */
  readonly service: string | undefined;
  readonly route: string | undefined;
}

/** Balancing methods without backup servers. */
const NO_BACKUP: readonly string[] = ['ip_hash', 'hash', 'random'];
const METHODS: readonly string[] = ['ip_hash', 'least_conn', 'hash', 'random'];

function integer(value: string, arg: string, site: Site, least = 0): number {
  const parsed = parseInteger(value);
  return parsed === undefined || parsed < least ? invalidParameter(arg, site) : parsed;
}

function readServer([source = '', ...parameters]: readonly string[], site: Site): UpstreamServer {
  const flags = { backup: false, down: false, drain: false, resolve: false };
  let weight = 1;
  let maxFails = 1;
  let failTimeout = 10_000;
  let maxConns = 0;
  let route: string | undefined;
  let service: string | undefined;
  for (const arg of parameters) {
    const [, name = '', value = ''] = /^([a-z_]+)=(.*)$/s.exec(arg) ?? [];
    if (name === 'weight') weight = integer(value, arg, site, 1);
    else if (name === 'max_conns') maxConns = integer(value, arg, site);
    else if (name === 'max_fails') maxFails = integer(value, arg, site);
    else if (name === 'fail_timeout') failTimeout = 1_000 * (parseSeconds(value) ?? invalidParameter(arg, site));
    else if (name === 'route') {
      if (value === '' || value.length > 32) invalidParameter(arg, site);
      route = value;
    } else if (name === 'service' && value !== '') service = value;
    else if (name === 'slow_start') {
      site.fail('the "slow_start" parameter of the "server" directive is not served by pinwheel');
    } else if (arg === 'backup') {
      if (site.scope.entries.some(({ spec }) => NO_BACKUP.includes(spec.name))) {
        site.fail('balancing method does not support parameter "backup"');
      }
      flags.backup = true;
    } else if (arg === 'down' || arg === 'drain' || arg === 'resolve') flags[arg] = true;
    else invalidParameter(arg, site);
  }
  const parsed = parseAddress(source);
  if ('problem' in parsed) return site.fail(`${parsed.problem} in upstream "${source}"`);
  if (service !== undefined && !flags.resolve) {
    site.fail(`service upstream "${source}" requires "resolve" parameter`);
  }
  const address = 'unix' in parsed ? parsed : { ...parsed, port: parsed.port ?? 80 };
  return { source, address, weight, maxFails, failTimeout, maxConns, ...flags, service, route };
}

/** A directive that selects the balancing method; the last one counts. */
function method<T>(read: (args: readonly string[], site: Site) => T): (args: readonly string[], site: Site) => T {
  return (args, site) => {
    const before = site.scope.entries.some(({ spec }) => METHODS.includes(spec.name) || spec.name === 'keepalive');
    if (before) site.warn('load balancing method redefined');
    return read(args, site);
  };
}

export interface HashMethod {
  readonly key: ComplexValue;
  /** ketama hashing. */
  readonly consistent: boolean;
}

export interface RandomMethod {
  readonly two: boolean;
}

function readRandom(args: readonly string[], site: Site): RandomMethod {
  const [two, by] = args;
  if (two === undefined) return { two: false };
  if (two !== 'two') return invalidParameter(two, site);
  if (by !== undefined && by !== 'least_conn') invalidParameter(by, site);
  return { two: true };
}

export interface Zone {
  readonly name: string;
  /** Bytes; undefined when another `zone` of this name has the size. */
  readonly size: number | undefined;
}

function readZone([name = '', given]: readonly string[], site: Site): Zone {
  if (name === '') site.fail('invalid zone name ""');
  if (given === undefined) {
    site.later(() => {
      if (site.claim('zone', name)) site.fail(`zero size shared memory zone "${name}"`);
    });
    return { name, size: undefined };
  }
  const size = zoneSize(given);
  if (size === 'invalid') return site.fail(`invalid zone size "${given}"`);
  if (size === 'small') return site.fail(`zone "${name}" is too small`);
  site.claim('zone', name);
  return { name, size };
}

function checkUpstream({ scope, value, directive: at }: Entry<string>, site: Site): void {
  const servers = (scope?.entries ?? []).filter(({ spec }) => spec.name === 'server');
  if (servers.length === 0) site.fail('no servers are inside upstream');
  if (servers.every((server) => (server.value as UpstreamServer).backup)) {
    site.later(() => {
      throw new ConfError(`no servers in upstream "${value}"`, at);
    });
  }
}

/** Directives for upstreams. */
export const upstream = area({
  upstream: directive({
    in: ['http'],
    args: 1,
    opens: 'upstream',
    read: ([name = ''], site) => {
      if (!site.claim('upstream', name.toLowerCase())) site.fail(`duplicate upstream "${name}"`);
      return name;
    },
    close: checkUpstream,
  }),
  server: directive({
    in: UPSTREAM,
    args: [1, 99],
    inherit: 'none',
    repeats: true,
    read: readServer,
    note: 'no `slow_start`',
  }),
  ip_hash: directive({ in: UPSTREAM, args: 0, inherit: 'none', repeats: true, read: method(present) }),
  least_conn: directive({ in: UPSTREAM, args: 0, inherit: 'none', repeats: true, read: method(present) }),
  hash: directive({
    in: UPSTREAM,
    args: [1, 2],
    inherit: 'none',
    repeats: true,
    read: method(([key = '', consistent], site): HashMethod => {
      const value = site.complex(key);
      if (consistent !== undefined && consistent !== 'consistent') invalidParameter(consistent, site);
      return { key: value, consistent: consistent !== undefined };
    }),
  }),
  random: directive({ in: UPSTREAM, args: [0, 2], inherit: 'none', repeats: true, read: method(readRandom) }),
  keepalive: directive({
    in: UPSTREAM,
    args: [1, 2],
    inherit: 'none',
    read: ([count = '', local], site) => {
      if (local !== undefined && local !== 'local') invalidParameter(local, site);
      return parseInteger(count) || site.fail(`invalid value "${count}" in "keepalive" directive`);
    },
    default: '32',
  }),
  keepalive_requests: directive({ in: UPSTREAM, args: 1, inherit: 'none', read: number, default: '1000' }),
  keepalive_time: directive({ in: UPSTREAM, args: 1, inherit: 'none', read: msec, default: '1h' }),
  keepalive_timeout: directive({ in: UPSTREAM, args: 1, inherit: 'none', read: msec, default: '60s' }),
  zone: directive({ in: UPSTREAM, args: [1, 2], inherit: 'none', repeats: true, read: readZone }),
  resolver: directive({
    in: UPSTREAM,
    args: [1, 9_999],
    inherit: 'none',
    read: readResolver,
    note: 'the name server `system` stands for those of the machine',
  }),
  resolver_timeout: directive({ in: UPSTREAM, args: 1, inherit: 'none', read: msec }),
  sticky: directive({
    in: UPSTREAM,
    args: [2, 9_999],
    inherit: 'none',
    read: readSticky,
    note: '`cookie`, `route` and `learn`',
  }),
  sticky_sid: directive({
    in: UPSTREAM,
    args: 'flag',
    inherit: 'none',
    read: flag,
    default: 'on',
    note: "Pinwheel's own: requests of an Engine.IO session go to the peer that opened it",
  }),
  websocket: directive({
    in: UPSTREAM,
    args: 1,
    inherit: 'none',
    read: enumeration('round_robin', 'least_conn', 'ip_hash', 'random'),
    note: "Pinwheel's own: the policy for WebSocket upgrades that open a session; the upstream's own when absent",
  }),
});
