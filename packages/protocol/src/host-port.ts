/**
 * `host:port`, an IPv6 address in brackets (RFC 3986 3.2.2).
 *
 * @example hostPort('::1', 3102) // '[::1]:3102'
 */
export function hostPort(host: string, port: number): string {
  return `${bracketed(host)}:${port}`;
}

/** An IPv6 address in brackets, any other host as it is. */
export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
