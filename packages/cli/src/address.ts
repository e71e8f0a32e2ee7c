import { isIP, isIPv6 } from 'node:net';
import { hostPort } from '@pinwheel/protocol';

/** The address of a listener. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const HOST_PORT = /^(?:\[(?<v6>[^\]]+)\]|(?<name>[^\s:/[\]]+)):(?<port>\d{1,5})$/;

/** Reads `host:port` or `[ipv6]:port`; undefined for any other text. Port 0 is accepted. */
export function parseAddress(text: string): Address | undefined {
  const parts = HOST_PORT.exec(text)?.groups;
  if (parts === undefined) return undefined;
  const v6 = parts['v6'];
  const host = v6 ?? parts['name'];
  const port = Number(parts['port']);
  if (host === undefined || port > 65_535 || (v6 !== undefined && !isIPv6(v6))) return undefined;
  return { host, port };
}

/** `host:port`, an IPv6 address in brackets. */
export function formatAddress({ host, port }: Address): string {
  return hostPort(host, port);
}

/** The host at which a client on this machine reaches a listener: loopback for one that is bound to all addresses. */
export function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

/** True for an address or name that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** The URL under which a client on this machine reaches a listener, without a slash at the end. */
export function urlOf(listener: Address & { readonly tls: boolean }): string {
  const address = formatAddress({ host: reachableHost(listener.host), port: listener.port });
  return `${listener.tls ? 'https' : 'http'}://${address}`;
}
