export { ConfError, ConfWarning } from './text/error.js';
export type { Place } from './text/error.js';
export { failureMessage } from './text/files.js';
export type { ConfFiles, FileFailure } from './text/files.js';
export { loadConfiguration } from './check/load.js';
export { hostsToLookUp } from './proxy-options/hosts.js';
export { proxyOptions } from './proxy-options/proxy-options.js';
export type { Surroundings } from './proxy-options/surroundings.js';
export type { Configuration } from './check/load.js';
export { parseFile, parseParameter, fullPath, confPrefix } from './text/parse.js';
export type { Directive, Visitor } from './text/parse.js';
export { printTree } from './text/print.js';
export { Scope } from './declare/scope.js';
export type { Entry } from './declare/scope.js';
export type { Context, Spec } from './declare/directive.js';
export type { Facts, ProxyProtocolFacts, TlsFact, UpstreamAttempt } from '@pinwheel/proxy';
export { ComplexValue, evaluate } from './values/value.js';
export type { Getter, Value } from './values/value.js';
export { Variables } from './values/user-variables.js';
export { VariableMap } from './values/map.js';
export { LogFormat } from './values/log-format.js';
export type { LogEscape } from './values/log-format.js';
export { Regex } from './values/regex.js';
export { parseAddress, parseCidr } from './text/address.js';
export type { AddressProblem, Cidr, InetAddress, UnixAddress } from './text/address.js';
export { parseInteger, parseMilliseconds, parseOffset, parseSeconds, parseSize } from './text/units.js';

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
export type { SessionCache, TlsProtocol } from './directives/tls.js';
export { MimeTypes } from './directives/types.js';
export { upstream } from './directives/upstream.js';
export type { HashMethod, RandomMethod, UpstreamServer, Zone } from './directives/upstream.js';
