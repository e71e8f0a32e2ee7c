import type { ProxyError } from '../errors.js';
import { HealthChecks } from './health-check.js';
import type { CheckStatus } from './health-check.js';
import { askTag } from './health-request.js';
import type { RequestHead } from '../http1/request-head.js';
import type { ProxyOptions, UpstreamOptions } from '../options/proxy.js';
import type { Peer } from './peer.js';
import { LinkPool } from './link/pool.js';
import { SharedPeers } from './shared-peers.js';
import { TagQuery } from './tag-query.js';
import type { Siblings } from '../options/siblings.js';
import { ResolvedPeers } from './resolved-peers.js';
import { askSiblings, reportToSiblings } from './affinity/siblings.js';
import { Upstream } from './upstream.js';
import { UpstreamTls } from './link/tls.js';

/** An upstream in service: its peers, the idle connections to them, health checks, lookups of names and tags. */
export class UpstreamGroup {
  readonly upstream: Upstream;
  readonly pool: LinkPool;
  readonly tags: TagQuery;
  readonly #log: ProxyOptions['log'];
  readonly #resolved: ResolvedPeers | undefined;
  readonly #checks: HealthChecks | undefined;
  readonly #siblings: Siblings | undefined;
  /** Undefined where each process has its own view of the peers. */
  readonly shared: SharedPeers | undefined;

  constructor(options: UpstreamOptions, proxy: ProxyOptions) {
    this.#siblings = proxy.siblings;
    this.upstream = new Upstream(options, undefined, reportToSiblings(proxy.siblings, options.name));
    if (options.shared && proxy.siblings !== undefined) this.shared = new SharedPeers(this.upstream, proxy.siblings);
    const tls = options.tls === undefined ? undefined : new UpstreamTls(options.tls);
    this.pool = new LinkPool(options.keepalive, proxy.limits, tls);
    this.#log = proxy.log;
    if (options.resolver !== undefined && options.peers.some((peer) => peer.resolve)) {
      this.#resolved = new ResolvedPeers(this.upstream, options.resolver, proxy.log, (peer) => this.pool.drop(peer));
    }
    const { upstream } = this;
    if (options.healthCheck !== undefined) {
      const { log } = proxy;
      this.#checks = new HealthChecks(options.healthCheck, {
        peers: () => upstream.peers,
        upstream: options.name,
        tls,
        log,
      });
    }
    this.tags = new TagQuery({
      get peers() {
        return upstream.peers;
      },
      affinity: this.upstream.affinity,
      intervalMs: proxy.tagQueryInterval,
      fetchTag: (peer) => askTag(peer, tls),
    });
  }

  /** Logs a failed attempt without the query string, which carries session ids. @param log the location's own, if any */
  logFailure(
    error: ProxyError,
    peer: string | undefined,
    head: RequestHead,
    client: string,
    retry: boolean,
    log = this.#log,
  ): void {
    const query = head.target.indexOf('?');
    const path = query < 0 ? head.target : head.target.slice(0, query);
    const where = peer === undefined ? '' : `, peer ${peer}`;
    const next = retry ? ', trying the next peer' : '';
    log(
      'error',
      `${error.message} (${error.code})${where}, upstream "${this.upstream.name}", client ${client}, request "${head.method} ${path}"${next}`,
    );
  }

  /** True when the siblings or the peers can be asked which peer holds the session. */
  mayFindOut(sid: string): boolean {
    const { affinity } = this.upstream;
    return (affinity.unknownTag(sid) && this.tags.isDue) || (this.#siblings !== undefined && affinity.unknownHere(sid));
  }

  /** Asks which peer holds the session: the siblings first, then the peers for their tags. Never rejects. */
  async findOut(sid: string): Promise<void> {
    const { affinity, name } = this.upstream;
    if (this.#siblings !== undefined) await askSiblings(this.#siblings, name, sid, affinity);
    if (affinity.unknownTag(sid)) await this.tags.ask();
  }

  /** After a reload: takes over the state of the group that it replaces. */
  inherit(from: UpstreamGroup): void {
    this.upstream.inherit(from.upstream);
  }

  /** Starts name lookups and health checks. */
  start(): void {
    this.shared?.start();
    this.#resolved?.start();
    this.#checks?.start();
  }

  /** Logs an error. @param log the location's own, if any */
  logError(message: string, log = this.#log): void {
    log('error', message);
  }

  /** Result of the peer's health checks; undefined without `healthCheck`. */
  checkOf(peer: Peer): CheckStatus | undefined {
    return this.#checks?.status(peer);
  }

  close(): void {
    this.shared?.close();
    this.#resolved?.close();
    this.#checks?.stop();
    this.pool.close();
  }
}
