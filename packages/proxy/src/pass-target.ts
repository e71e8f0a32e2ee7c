import { isIP } from 'node:net';
import { ProxyError } from './errors.js';
import type { Facts } from './facts.js';
import type { ProxyOptions } from './options.js';
import type { PassOptions } from './pass-options.js';
import { RecentMap } from './recent-map.js';
import { UpstreamGroup } from './upstream-group.js';
import { upstream as readUpstream } from './upstream-options.js';

/** Where a request goes, and what it is called there. */
export interface PassTarget {
  readonly group: UpstreamGroup;
  /** What `$proxy_host` and `$proxy_port` show. */
  readonly host: string;
  readonly port: string;
  /** Target for the peer in place of the request's own. */
  readonly uri: string | undefined;
}

/** Hosts remembered: a URL may be made of what clients send. */
const REMEMBERED = 1_000;

/** The upstreams of a location whose `proxy_pass` has variables. */
export class PassTargets {
  readonly #url: (facts: Facts) => string;
  readonly #options: PassOptions;
  readonly #proxy: ProxyOptions;
  readonly #groups: ReadonlyMap<string, UpstreamGroup>;
  readonly #made = new RecentMap<UpstreamGroup>(REMEMBERED);

  constructor(options: PassOptions, proxy: ProxyOptions, groups: ReadonlyMap<string, UpstreamGroup>) {
    if (options.url === undefined) throw new TypeError('a location without a URL to make');
    this.#url = options.url;
    this.#options = options;
    this.#proxy = proxy;
    this.#groups = groups;
  }

  /** Tells the log why a request went nowhere. */
  tell(message: string): void {
    this.#proxy.log('error', message);
  }

  /** @throws ProxyError `bad_pass_url` for what is no URL, `no_resolver` for a name that is no upstream's */
  find(facts: Facts): PassTarget {
    const url = this.#url(facts);
    const [, scheme = '', rest = ''] = /^(https?):\/\/(.*)$/is.exec(url) ?? [];
    if (scheme === '') throw new ProxyError('bad_pass_url', `invalid URL prefix in "${url}"`);
    const secure = scheme.toLowerCase() === 'https';
    const unix = /^unix:([^:]*)(?::(.*))?$/is.exec(rest);
    const at = unix === null ? rest.search(/[/?]/) : -1;
    const authority = unix === null ? (at < 0 ? rest : rest.slice(0, at)) : `unix:${unix[1] ?? ''}`;
    const uri = unix === null ? (at < 0 ? '' : rest.slice(at)) : (unix[2] ?? '');
    const usual = secure ? '443' : '80';
    const { host, port } = unix === null ? splitAuthority(authority, usual, rest) : { host: 'localhost', port: '' };
    return {
      group: this.#groupOf(authority, secure, host, port),
      host: unix !== null || port === usual ? host : `${host}:${port}`,
      port,
      uri: uri === '' ? undefined : uri.startsWith('/') ? uri : `/${uri}`,
    };
  }

  #groupOf(authority: string, secure: boolean, host: string, port: string): UpstreamGroup {
    const named = this.#groups.get(authority) ?? this.#groups.get(authority.toLowerCase());
    if (named !== undefined && !secure) return named;
    const key = `${secure ? 'https' : 'http'}://${authority}`;
    const known = this.#made.use(key);
    if (known !== undefined) return known;
    const plain = host.replace(/^\[(.*)\]$/, '$1');
    const unix = authority.startsWith('unix:');
    if (named === undefined && !unix && isIP(plain) === 0) {
      throw new ProxyError('no_resolver', `no resolver defined to resolve ${host}`);
    }
    const { urlTls } = this.#options;
    const peer = unix ? { host: authority, port: 0 } : { host: plain, port: Number(port) };
    const made = new UpstreamGroup(
      readUpstream(
        {
          ...(named?.upstream.options ?? { peers: [peer], stickySid: false }),
          // Nobody would close what is kept for a host that is not asked for again.
          keepalive: { connections: 0 },
          name: authority,
          ...(secure && { tls: { ...urlTls, name: urlTls?.name ?? host, host: authority } }),
        },
        'upstream',
      ),
      this.#proxy,
    );
    this.#made.set(key, made);
    return made;
  }
}

function splitAuthority(authority: string, usual: string, rest: string): { host: string; port: string } {
  const [, host = '', port = usual] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(authority) ?? [];
  const number = Number(port);
  if (!/^\d{1,5}$/.test(port) || number < 1 || number > 65_535) {
    throw new ProxyError('bad_pass_url', `invalid port in upstream "${rest}"`);
  }
  if (host === '') throw new ProxyError('bad_pass_url', `no host in upstream "${rest}"`);
  return { host, port };
}
