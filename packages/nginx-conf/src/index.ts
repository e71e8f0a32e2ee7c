export { ConfError, ConfWarning } from './error.js';
export type { Place } from './error.js';
export { failureMessage } from './files.js';
export type { ConfFiles, FileFailure } from './files.js';
export { loadConfiguration } from './load.js';
export { hostsToLookUp } from './proxy-options/hosts.js';
export { proxyOptions } from './proxy-options/proxy-options.js';
export type { Surroundings } from './proxy-options/proxy-options.js';
export type { Configuration } from './load.js';
export { parseFile, parseParameter, fullPath, confPrefix } from './parse.js';
export type { Directive, Visitor } from './parse.js';
export { printTree } from './print.js';
export { Scope } from './scope.js';
export type { Entry } from './scope.js';
export type { Context, Spec } from './directive.js';
export type { Facts, ProxyProtocolFacts, TlsFact, UpstreamAttempt } from './facts.js';
export { ComplexValue, evaluate } from './value.js';
export type { Getter, Value } from './value.js';
export { Variables } from './user-variables.js';
export { VariableMap } from './map.js';
export { LogFormat } from './log-format.js';
export type { LogEscape } from './log-format.js';
export { Regex } from './regex.js';
export { Hostnames } from './hostnames.js';
export { parseAddress, parseCidr } from './address.js';
export type { AddressProblem, Cidr, InetAddress, UnixAddress } from './address.js';
export { parseInteger, parseMilliseconds, parseOffset, parseSeconds, parseSize } from './units.js';

export { AREAS } from './directives/table.js';
export { REFUSED } from './directives/refused.js';
export { core } from './directives/core.js';
export type { ErrorLog, ErrorLogLevel } from './directives/core.js';
export { http } from './directives/http.js';
export type {
  AddedHeader,
  ErrorPage,
  KeepaliveTimeout,
  Resolver,
  Return,
  SetVariable,
  Trusted,
} from './directives/http.js';
export type { Listen, SocketKeepalive } from './directives/listen.js';
export { locationName } from './directives/location.js';
export type { Location } from './directives/location.js';
export { log } from './directives/log.js';
export type { AccessLog } from './directives/log.js';
export { proxy } from './directives/proxy.js';
export type { NextUpstream, ProxyBind, ProxyPass, ProxyRedirect, SentHeader } from './directives/proxy.js';
export type { ServerName } from './directives/server-name.js';
export type { Sticky } from './directives/sticky.js';
export { tls } from './directives/tls.js';
export type { SessionCache } from './directives/tls.js';
export type { TlsProtocol } from './directives/tls-protocols.js';
export { MimeTypes } from './directives/types.js';
export { upstream } from './directives/upstream.js';
export type { HashMethod, RandomMethod, UpstreamServer, Zone } from './directives/upstream.js';
