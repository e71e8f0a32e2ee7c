import { headOptions } from './client.js';
import type { HeadOptions } from './client.js';
import { flag, integer, list, maybe, milliseconds, object, OptionError, optional, text } from './schema.js';
import type { Field } from './schema.js';
import type { TlsOptions } from './tls.js';
import { listenerTls } from './tls.js';

export interface ListenOptions {
  /** Address to bind. Default `127.0.0.1`. */
  readonly host: string;
  /** 0 takes a free port, found afterwards in `Proxy.addresses`. */
  readonly port: number;
  /** Absolute or relative path of a unix socket; takes the place of host and port (nginx: `listen unix:`). */
  readonly path?: string | undefined;
  /** Length of the queue of connections not yet accepted. Default 511. */
  readonly backlog: number;
  /** An IPv6 wildcard takes no IPv4 connections. Default false. */
  readonly ipv6Only: boolean;
  /**
   * Has a socket of its own even where another listener is for all addresses of its port; else that one's socket serves
   * both, each connection by the address it came to. Default false.
   */
  readonly bind: boolean;
  /**
   * TCP keep-alive of accepted connections: milliseconds of silence before the first probe, 0 for the system's value.
   * Probes then follow every second, ten of them. Default: none are sent.
   */
  readonly keepAlive?: number | undefined;
  /** Connections begin with a header of the PROXY protocol, version 1 or 2, before TLS. Default false. */
  readonly proxyProtocol: boolean;
  /** How heads of requests are read; `timeouts.clientHeader` and `limits` when absent. */
  readonly head?: HeadOptions | undefined;
  /** Terminates TLS here. */
  readonly tls?: TlsOptions | undefined;
  /**
   * Addresses and CIDR blocks whose `X-Forwarded-For` is believed: the client address is then the last one in it that is
   * not itself trusted (nginx: `set_real_ip_from`, `real_ip_recursive on`). Default none.
   */
  readonly trustedProxies: readonly string[];
}

/** Whose word on the client's address counts, and where it stands (nginx: `set_real_ip_from` and its companions). */
export interface RealIpOptions {
  /** Addresses, CIDR blocks, and `unix:` for all unix sockets. */
  readonly from: readonly string[];
  /** Name of the request field; `proxy_protocol` for the header of that protocol. Default `X-Real-IP`. */
  readonly header: string;
  /** Addresses in the field that are trusted themselves are passed over. Default false: the last address counts. */
  readonly recursive: boolean;
}

export const hostName = text('an address or host name', /^[^\s/]+$/);

/** Longest path that fits into the system's `sockaddr_un`. */
const SOCKET_PATH = 107;

const socketPath: Field<string> = (value, path) => {
  if (typeof value !== 'string' || value === '' || value.length > SOCKET_PATH) {
    throw new OptionError(path, `a path of 1 to ${SOCKET_PATH} bytes`, value);
  }
  return value;
};

export const listener = object<ListenOptions>({
  host: optional(hostName, '127.0.0.1'),
  port: integer(0, 65_535),
  path: maybe(socketPath),
  backlog: optional(integer(1), 511),
  ipv6Only: optional(flag, false),
  bind: optional(flag, false),
  keepAlive: maybe((value, path) => (value === 0 ? 0 : milliseconds(value, path))),
  proxyProtocol: optional(flag, false),
  head: maybe(headOptions),
  tls: maybe(listenerTls),
  trustedProxies: optional(list(text('an address or CIDR block', /^[0-9A-Fa-f:.]+(\/\d{1,3})?$/)), []),
});

export const realIp = object<RealIpOptions>({
  from: list(text('an address, a CIDR block or "unix:"', /^(?:[0-9A-Fa-f:.]+(\/\d{1,3})?|unix:)$/)),
  header: optional(text('a field name', /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/), 'X-Real-IP'),
  recursive: optional(flag, false),
});
