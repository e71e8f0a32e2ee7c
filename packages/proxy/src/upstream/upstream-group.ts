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
import { askSiblings, tellSiblings } from './affinity/siblings.js';
import { Upstream } from './upstream.js';
import { UpstreamTls } from './link/tls.js';

/** One upstream at work: who its peers are, the idle connections to them, and whose tag is whose. */
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
    this.upstream = new Upstream(options, undefined, tellSiblings(proxy.siblings, options.name));
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

  /** Tells the log, or the location's own, of a failed attempt, without the query string: it carries session ids. */
  tellFailure(
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

  /** Whether somebody may be asked whose session this is. */
  mayFindOut(sid: string): boolean {
    const { affinity } = this.upstream;
    return (affinity.unknownTag(sid) && this.tags.isDue) || (this.#siblings !== undefined && affinity.unknownHere(sid));
  }

  /** Asks whose session this is: the siblings first, then the peers for their tags. Never rejects. */
  async findOut(sid: string): Promise<void> {
    const { affinity, name } = this.upstream;
    if (this.#siblings !== undefined) await askSiblings(this.#siblings, name, sid, affinity);
    if (affinity.unknownTag(sid)) await this.tags.ask();
  }

  /** Takes over what the group that it replaces knows of sessions. */
  inherit(from: UpstreamGroup): void {
    this.upstream.inherit(from.upstream);
  }

  /** It serves: what it has to find out of its peers is asked for. */
  start(): void {
    this.#resolved?.start();
    this.#checks?.start();
  }

  /** Tells the log, or the location's own, as it is. */
  tell(message: string, log = this.#log): void {
    log('error', message);
  }

  /** See `HealthChecks.status`; undefined where peers are not asked. */
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
