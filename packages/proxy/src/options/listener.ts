import { headOptions } from './client.js';
import {
  field,
  flag,
  integer,
  list,
  maybe,
  millisecondsOrNone,
  object,
  OptionError,
  optional,
  text,
} from './schema.js';
import type { Infer, Input } from './schema.js';
import { listenerTls } from './tls.js';

const hostName = text('an address or host name', /^[^\s/]+$/);

/** Longest path that fits into the system's `sockaddr_un`. */
const SOCKET_PATH = 107;

const socketPath = field<string>({ kind: `path of 1 to ${SOCKET_PATH} bytes` }, (value, path) => {
  if (typeof value !== 'string' || value === '' || value.length > SOCKET_PATH) {
    throw new OptionError(path, `a path of 1 to ${SOCKET_PATH} bytes`, value);
  }
  return value;
});

/** One address that clients connect to (nginx: `listen`). */
export const listener = object({
  /** Address to bind. */
  host: optional(hostName, '127.0.0.1'),
  /** 0 takes a free port, found afterwards in `Proxy.addresses`. @example 8080 */
  port: integer(0, 65_535),
  /** Path of a Unix socket, in place of host and port (nginx: `listen unix:`). @example '/run/pinwheel.sock' */
  path: maybe(socketPath),
  /** Length of the queue of connections not yet accepted. */
  backlog: optional(integer(1), 511),
  /** An IPv6 wildcard takes no IPv4 connections. */
  ipv6Only: optional(flag, false),
  /**
   * The listener has its own socket even if another listener is for all addresses of the port. Otherwise they share a socket,
   * and the local address of a connection decides.
   */
  bind: optional(flag, false),
  /**
   * TCP keep-alive of accepted connections: the silence before the first probe, 0 for the system's value. Probes then follow
   * every second, ten of them. No probes when absent. @example 60000
   */
  keepAlive: maybe(millisecondsOrNone),
  /** Connections begin with a header of the PROXY protocol, version 1 or 2, before TLS. */
  proxyProtocol: optional(flag, false),
  /** How heads of requests are read; `timeouts.clientHeader` and `limits` when absent. @example { fields: 50 } */
  head: maybe(headOptions),
  /** Terminates TLS here. @example { cert, key } */
  tls: maybe(listenerTls),
  /**
   * Addresses and CIDR blocks of proxies whose `X-Forwarded-For` is trusted: the client address is then the last one in it that
   * is not a trusted proxy (nginx: `set_real_ip_from`, `real_ip_recursive on`).
   */
  trustedProxies: optional(list(text('an address or CIDR block', /^[0-9A-Fa-f:.]+(\/\d{1,3})?$/)), []),
});

/** The proxies that are trusted to name the client's address, and the field (nginx: `set_real_ip_from`, `real_ip_header`). */
export const realIp = object({
  /** Addresses, CIDR blocks, and `unix:` for all Unix sockets. @example ['10.0.0.0/8'] */
  from: list(text('an address, a CIDR block or "unix:"', /^(?:[0-9A-Fa-f:.]+(\/\d{1,3})?|unix:)$/)),
  /** Name of the request field; `proxy_protocol` for the header of that protocol (nginx: `real_ip_header`). */
  header: optional(text('a field name', /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/), 'X-Real-IP'),
  /** Skips addresses of trusted proxies in the field; otherwise the last address counts (nginx: `real_ip_recursive`). */
  recursive: optional(flag, false),
});

export type ListenOptions = Infer<typeof listener>;
/** A listener as a caller writes it. */
export type GivenListener = Input<typeof listener>;
export type RealIpOptions = Infer<typeof realIp>;
