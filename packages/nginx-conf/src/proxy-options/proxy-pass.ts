import { OWN_RESPONSE_FIELDS } from '@pinwheel/proxy';
import type { GivenField, GivenLocation } from '@pinwheel/proxy';
import { scopeLocation } from '../directives/location.js';
import { http } from '../directives/http.js';
import { proxy } from '../directives/proxy.js';
import type { ProxyPass } from '../directives/proxy.js';
import type { Scope } from '../declare/scope.js';
import { redirectOf } from './proxy-redirect.js';
import type { Surroundings } from './surroundings.js';
import { locationResolver } from './resolver.js';
import { tlsGroupName, upstreamTls } from './tls.js';

type GivenPass = NonNullable<GivenLocation['pass']>;
type ConstantPass = Extract<ProxyPass, { kind: 'constant' }>;

/** `proxy_pass` of a location and the directives that go with it; undefined without `proxy_pass`. */
export function forwardOf(scope: Scope, around: Surroundings): Partial<GivenLocation> | undefined {
  const pass = scope.get(proxy.proxy_pass);
  if (pass === undefined) return undefined;
  const tlsName = scope.get(proxy.proxy_ssl_name);
  const common: GivenPass = {
    httpVersion: scope.get(proxy.proxy_http_version) === '1.0' ? '1.0' : '1.1',
    bufferRequest: scope.get(proxy.proxy_request_buffering),
    intercept: scope.get(proxy.proxy_intercept_errors),
    keptBody: scope.get(http.client_body_buffer_size),
    retry: retryOf(scope),
    hidden: hiddenOf(scope),
    ...bindOf(scope),
    ...methodOf(scope),
    ...redirectOf(scope, pass, scopeLocation(scope)),
  };
  const timeouts = {
    connectTimeout: Math.max(1, scope.get(proxy.proxy_connect_timeout)),
    readTimeout: Math.max(1, scope.get(proxy.proxy_read_timeout)),
    sendTimeout: Math.max(1, scope.get(proxy.proxy_send_timeout)),
  };
  if (pass.kind === 'variable') {
    const { url } = pass;
    const plain = /^http:/i.test(url.source);
    const resolver = locationResolver(scope, around);
    return {
      ...timeouts,
      fields: fieldsOf(scope),
      pass: {
        ...common,
        url: (facts) => url.evaluate(facts),
        ...(resolver === undefined ? {} : { resolver }),
        ...(plain ? {} : { urlTls: upstreamTls(scope, 'localhost', around) }),
        tlsName: tlsName === undefined ? (facts) => facts.proxyHost ?? '' : tlsName.value,
      },
    };
  }
  return {
    ...timeouts,
    upstream: pass.scheme === 'https' ? tlsGroupName(scope, pass) : pass.authority,
    ...(pass.uri === undefined ? {} : { uri: pass.uri.startsWith('/') ? pass.uri : `/${pass.uri}` }),
    fields: fieldsOf(scope),
    pass: {
      ...common,
      ...shownHost(pass),
      ...(pass.scheme === 'https' && tlsName?.isConstant === false ? { tlsName: tlsName.value } : {}),
    },
  };
}

/** `$proxy_host` and `$proxy_port`: as written, without the default port of the scheme. */
function shownHost({ address, authority, scheme }: ConstantPass): Pick<GivenPass, 'host' | 'port'> {
  if ('unix' in address) return { host: 'localhost', port: '' };
  const usual = scheme === 'https' ? 443 : 80;
  const port = address.port ?? usual;
  const host = authority.replace(/:\d*$/, (end) => (authority.endsWith(']') ? end : ''));
  return { host: port === usual ? host : `${host}:${port}`, port: String(port) };
}

/** `proxy_set_header`, and nginx's default `Host $proxy_host` unless the configuration sets `Host`. */
function fieldsOf(scope: Scope): readonly GivenField[] {
  const given = scope
    .list(proxy.proxy_set_header)
    .map(({ name, value }) => ({ name, value: value.value, steady: value.isSteady }));
  const hasHost = given.some(({ name }) => name.toLowerCase() === 'host');
  // A length or transfer coding from the configuration would contradict the body that follows.
  const ours = given.filter(({ name }) => !/^(?:content-length|transfer-encoding)$/i.test(name));
  const pass = scope.get(proxy.proxy_pass);
  const host = pass?.kind === 'constant' ? (shownHost(pass).host ?? '') : undefined;
  return hasHost ? ours : [...ours, { name: 'Host', value: host ?? ((facts) => facts.proxyHost ?? '') }];
}

function retryOf(scope: Scope): NonNullable<GivenPass['retry']> {
  const words = scope.get(proxy.proxy_next_upstream);
  return {
    // nginx: `off` cancels all other values beside it.
    on: words.includes('off') ? [] : words.filter((word) => word !== 'off'),
    tries: scope.get(proxy.proxy_next_upstream_tries),
    timeout: scope.get(proxy.proxy_next_upstream_timeout),
  };
}

function hiddenOf(scope: Scope): readonly string[] {
  const passed = new Set(scope.list(proxy.proxy_pass_header).map((name) => name.toLowerCase()));
  const hidden = new Set([
    ...OWN_RESPONSE_FIELDS,
    ...scope.list(proxy.proxy_hide_header).map((name) => name.toLowerCase()),
  ]);
  return [...hidden].filter((name) => !passed.has(name));
}

function bindOf(scope: Scope): Pick<GivenPass, 'bind'> {
  const bind = scope.get(proxy.proxy_bind);
  return bind === undefined || bind === 'off' ? {} : { bind: bind.address.value };
}

function methodOf(scope: Scope): Pick<GivenPass, 'method'> {
  const method = scope.get(proxy.proxy_method);
  return method === undefined ? {} : { method: method.value };
}
