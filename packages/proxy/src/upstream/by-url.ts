import { isIP } from 'node:net';
import { ProxyError } from '../errors.js';
import type { Facts } from '../facts.js';
import { NameServers } from './name-servers.js';
import type { ProxyOptions } from '../options/proxy.js';
import type { PassOptions } from '../options/pass.js';
import { RecentMap } from '../net/recent-map.js';
import { UpstreamGroup } from './upstream-group.js';
import { upstream as readUpstream } from '../options/upstream.js';

/** Where `proxy_pass` with variables sends a request. */
export interface PassTarget {
  readonly group: UpstreamGroup;
  /** What `$proxy_host` and `$proxy_port` show. */
  readonly host: string;
  readonly port: string;
  /** Target for the peer in place of the request's own. */
  readonly uri: string | undefined;
}

/** The parts of a URL. */
interface PassUrl extends Omit<PassTarget, 'group'> {
  readonly secure: boolean;
  /** As written: the name of an upstream, or an address with or without its port. */
  readonly authority: string;
  /** Host of the peers made for this URL: an address or a name without brackets, or `unix:` and a path. */
  readonly address: string;
  /** 0 for a Unix socket. */
  readonly number: number;
}

interface Made {
  readonly group: UpstreamGroup;
  /** When its name has to be looked up again, in milliseconds of `performance.now()`. */
  until: number;
}

/** Hosts remembered. Bounded, because a URL may be composed from what clients send. */
const REMEMBERED = 1_000;

/** The upstreams of a location whose `proxy_pass` has variables. */
export class PassTargets {
  readonly #url: (facts: Facts) => string;
  readonly #options: PassOptions;
  readonly #proxy: ProxyOptions;
  readonly #groups: ReadonlyMap<string, UpstreamGroup>;
  readonly #names: NameServers | undefined;
  readonly #made = new RecentMap<Made>(REMEMBERED);
  /** Names that are being looked up, so that requests meanwhile share the query. */
  readonly #lookups = new Map<string, Promise<UpstreamGroup>>();

  constructor(options: PassOptions, proxy: ProxyOptions, groups: ReadonlyMap<string, UpstreamGroup>) {
    if (options.url === undefined) throw new TypeError('PassTargets needs a location whose `pass` has a `url`');
    this.#url = options.url;
    this.#options = options;
    this.#proxy = proxy;
    this.#groups = groups;
    this.#names = options.resolver === undefined ? undefined : new NameServers(options.resolver);
  }

  /** Logs why a request could not be forwarded. */
  logError(message: string): void {
    this.#proxy.log('error', message);
  }

  /**
   * The target of a request, from the values of the variables.
   *
   * @returns a promise when the host's name has to be looked up
   * @throws ProxyError `bad_pass_url` for an invalid URL, `no_resolver` for a name without addresses; the promise may
   *   reject with the latter
   */
  find(facts: Facts): PassTarget | Promise<PassTarget> {
    const url = passUrl(this.#url(facts));
    const { host, port, uri } = url;
    const group = this.#groupFor(url);
    return group instanceof Promise
      ? group.then((one) => ({ group: one, host, port, uri }))
      : { group, host, port, uri };
  }

  #groupFor(url: PassUrl): UpstreamGroup | Promise<UpstreamGroup> {
    const { authority, secure, address, number } = url;
    const named = this.#groups.get(authority) ?? this.#groups.get(authority.toLowerCase());
    if (named !== undefined && !secure) return named;
    const key = `${secure ? 'https' : 'http'}://${authority}`;
    const known = this.#made.use(key);
    if (known !== undefined && performance.now() < known.until) return known.group;
    if (named !== undefined || number === 0 || isIP(address) !== 0) {
      return this.#make(key, url, named, [address], Number.POSITIVE_INFINITY);
    }
    if (this.#names === undefined) {
      throw new ProxyError('no_resolver', `no resolver defined to resolve ${address}`);
    }
    const lookup = this.#lookups.get(key) ?? this.#lookUp(this.#names, key, url, known);
    this.#lookups.set(key, lookup);
    return lookup;
  }

  async #lookUp(names: NameServers, key: string, url: PassUrl, known: Made | undefined): Promise<UpstreamGroup> {
    try {
      const { found, keep = 0 } = await names.addresses(url.address);
      if (found.length === 0) throw notResolved(url.address, '3: Host not found');
      const until = performance.now() + keep;
      if (known?.group.upstream.peers.map(({ options }) => options.host).join(' ') === found.join(' ')) {
        known.until = until;
        return known.group;
      }
      return this.#make(key, url, undefined, found, until);
    } catch (error) {
      if (error instanceof ProxyError) throw error;
      const late = error instanceof Error && 'code' in error && error.code === 'ETIMEOUT';
      throw notResolved(url.address, late ? '110: Operation timed out' : '2: Server failure');
    } finally {
      this.#lookups.delete(key);
    }
  }

  #make(
    key: string,
    { authority, secure, address, number }: PassUrl,
    named: UpstreamGroup | undefined,
    addresses: readonly string[],
    until: number,
  ): UpstreamGroup {
    const { urlTls } = this.#options;
    const peers = addresses.map((host) => ({ host, port: number }));
    const options = readUpstream(
      {
        ...(named?.upstream.options ?? { peers, stickySid: false }),
        // Idle connections to a host that is never requested again would stay open.
        keepalive: { connections: 0 },
        name: authority,
        ...(secure && { tls: { ...urlTls, name: urlTls?.name ?? address, host: authority } }),
      },
      'upstream',
    );
    const group = new UpstreamGroup(options, this.#proxy);
    group.shared?.start();
    this.#made.set(key, { group, until });
    return group;
  }
}

function notResolved(name: string, reason: string): ProxyError {
  return new ProxyError('no_resolver', `${name} could not be resolved (${reason})`);
}

/** @throws ProxyError `bad_pass_url` */
function passUrl(text: string): PassUrl {
  const [, scheme = '', rest = ''] = /^(https?):\/\/(.*)$/is.exec(text) ?? [];
  if (scheme === '') throw new ProxyError('bad_pass_url', `invalid URL prefix in "${text}"`);
  const secure = scheme.toLowerCase() === 'https';
  const unix = /^unix:([^:]*)(?::(.*))?$/is.exec(rest);
  if (unix !== null) {
    const authority = `unix:${unix[1] ?? ''}`;
    return { secure, authority, address: authority, number: 0, host: 'localhost', port: '', uri: uriOf(unix[2] ?? '') };
  }
  const at = rest.search(/[/?]/);
  const authority = at < 0 ? rest : rest.slice(0, at);
  const usual = secure ? '443' : '80';
  const [, host = '', port = usual] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(authority) ?? [];
  const number = Number(port);
  if (!/^\d{1,5}$/.test(port) || number < 1 || number > 65_535) {
    throw new ProxyError('bad_pass_url', `invalid port in upstream "${rest}"`);
  }
  if (host === '') throw new ProxyError('bad_pass_url', `no host in upstream "${rest}"`);
  return {
    secure,
    authority,
    address: host.replace(/^\[(.*)\]$/, '$1'),
    number,
    host: port === usual ? host : `${host}:${port}`,
    port,
    uri: uriOf(at < 0 ? '' : rest.slice(at)),
  };
}

function uriOf(text: string): string | undefined {
  if (text === '') return undefined;
  return text.startsWith('/') ? text : `/${text}`;
}
