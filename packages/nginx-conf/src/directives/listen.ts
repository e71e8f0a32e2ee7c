import { bracketed } from '@pinwheel/protocol';
import { parseAddress } from '../text/address.js';
import type { InetAddress, UnixAddress } from '../text/address.js';
import { invalidParameter, parameter } from '../declare/arguments.js';
import type { Site } from '../declare/directive.js';
import { parseInteger, parseSeconds, parseSize } from '../text/units.js';

/** TCP keep-alive of accepted connections, in seconds; the system's value where one is left out. */
export interface SocketKeepalive {
  readonly idle: number | undefined;
  readonly interval: number | undefined;
  readonly count: number | undefined;
}

export interface Listen {
  /** As written. */
  readonly source: string;
  /** The port is 80 where none is given; `lastPort` ends a range. */
  readonly address: (InetAddress & { readonly port: number }) | UnixAddress;
  readonly defaultServer: boolean;
  readonly ssl: boolean;
  readonly proxyProtocol: boolean;
  /** Most connections that wait to be accepted. Default 511. */
  readonly backlog: number;
  /** True with `bind` or a parameter that tunes the socket: the address gets its own socket beside one for all addresses. */
  readonly bind: boolean;
  /** An IPv6 wildcard accepts no IPv4 connections. Default true. */
  readonly ipv6only: boolean;
  readonly keepalive: SocketKeepalive | 'on' | 'off' | undefined;
}

/** Parameters that tune the socket without an effect on clients. */
const TUNING = /^(?:deferred|reuseport|multipath|(?:fastopen|rcvbuf|sndbuf|setfib|accept_filter)=.*)$/s;
const REFUSED = /^(?:http2|quic|spdy)$/;

function addressName(address: Listen['address']): string {
  if ('unix' in address) return `unix:${address.unix}`;
  const { host, port, lastPort } = address;
  const shown = host === '*' ? '0.0.0.0' : bracketed(host);
  return `${shown}:${port}${lastPort === undefined ? '' : `-${lastPort}`}`;
}

function readKeepalive(value: string, site: Site): Listen['keepalive'] {
  if (value === 'on' || value === 'off') return value;
  const parts = value.split(':');
  const [idle, interval] = parts.slice(0, 2).map((one) => (one === '' ? undefined : parseSeconds(one)));
  const count = parts[2] === undefined || parts[2] === '' ? undefined : parseInteger(parts[2]);
  const given = parts.filter((one) => one !== '').length;
  const read = [idle, interval, count].filter((one) => one !== undefined && one > 0).length;
  if (parts.length > 3 || given === 0 || given !== read) site.fail(`invalid so_keepalive value: "${value}"`);
  return { idle, interval, count };
}

/** `listen address [parameters]`; refuses with nginx's messages. */
export function readListen([source = '', ...parameters]: readonly string[], site: Site): Listen {
  const parsed = parseAddress(source, { listen: true });
  if ('problem' in parsed) return site.fail(`${parsed.problem} in "${source}" of the "listen" directive`);
  const address = 'unix' in parsed ? parsed : { ...parsed, port: parsed.port ?? 80 };
  const name = addressName(address);

  let defaultServer = false;
  let ssl = false;
  let proxyProtocol = false;
  let backlog = 511;
  let ipv6only = true;
  let keepalive: Listen['keepalive'];
  let options = false;
  for (const arg of parameters) {
    const queue = parameter(arg, 'backlog');
    const only = parameter(arg, 'ipv6only');
    const alive = parameter(arg, 'so_keepalive');
    if (arg === 'default_server' || arg === 'default') defaultServer = true;
    else if (arg === 'ssl') ssl = true;
    else if (arg === 'proxy_protocol') proxyProtocol = true;
    else if (arg === 'bind') options = true;
    else if (queue !== undefined) {
      backlog = parseInteger(queue) || site.fail(`invalid backlog "${arg}"`);
      options = true;
    } else if (only !== undefined) {
      if (only !== 'on' && only !== 'off') invalidParameter(arg, site);
      ipv6only = only === 'on';
      options = true;
    } else if (alive !== undefined) {
      keepalive = readKeepalive(alive, site);
      if (typeof keepalive === 'object' && (keepalive.interval ?? keepalive.count) !== undefined) {
        site.warn('of "so_keepalive" pinwheel sets the idle time only: ten probes follow, one a second');
      }
      options = true;
    } else if (REFUSED.test(arg)) {
      site.fail(`the "${arg}" parameter of the "listen" directive is not served by pinwheel`);
    } else if (TUNING.test(arg)) {
      const buffer = parameter(arg, 'rcvbuf') ?? parameter(arg, 'sndbuf');
      if (buffer !== undefined && !parseSize(buffer)) site.fail(`invalid ${arg.slice(0, 6)} "${arg}"`);
      site.warn(`the "${arg}" parameter of the "listen" directive has no effect in pinwheel`);
      options = true;
    } else invalidParameter(arg, site);
  }

  const own = site.scope.entries.some(
    (entry) => entry.spec.name === 'listen' && addressName((entry.value as Listen).address) === name,
  );
  if (own) site.fail(`a duplicate listen ${name}`);
  if (options && !site.claim('listen options', name)) site.fail(`duplicate listen options for ${name}`);
  if (defaultServer && !site.claim('default server', name)) site.fail(`a duplicate default server for ${name}`);
  return { source, address, defaultServer, ssl, proxyProtocol, backlog, bind: options, ipv6only, keepalive };
}
