import type { ClientRequest } from 'node:http';
import type { HealthCheckOptions, LogLevel } from '../options/proxy.js';
import { requestHealth } from './health-request.js';
import type { Peer } from './peer.js';
import type { UpstreamTls } from './link/tls.js';

/** Any HTTP status; `refused`: no connection could be made; `silent`: the last check is unanswered. */
export type CheckResult = number | 'refused' | 'silent';

/** Result of the health checks of a peer. */
export interface CheckStatus {
  /** Path that is requested. */
  readonly path: string;
  /** Intervals in a row that ended without a response. */
  readonly misses: number;
  /** Undefined before the first result. */
  readonly result: CheckResult | undefined;
  /** Seconds since the last response or refusal; undefined before the first. */
  readonly ago: number | undefined;
}

interface Checked {
  /** The check in flight. */
  request: ClientRequest | undefined;
  /** Intervals in a row that ended without a response. */
  misses: number;
  evicted: boolean;
  /** Result of the last completed check; `at` in milliseconds of `performance.now()`. */
  last: { readonly result: CheckResult; readonly at: number } | undefined;
}

export interface HealthCheckContext {
  /** Called at every interval, because a name may resolve to other peers meanwhile. */
  readonly peers: () => readonly Peer[];
  readonly upstream: string;
  readonly tls: UpstreamTls | undefined;
  readonly log: (level: LogLevel, message: string) => void;
}

/**
 * Sends a health check to every peer once per interval; any HTTP response passes. A peer with an unanswered check is not
 * chosen, and the requests of its sessions go to other peers. After `misses` unanswered intervals, as with a process that
 * is stopped or in an endless loop, its connections are closed, so that their clients reconnect to other peers. A peer
 * that passes is healthy at once.
 *
 * When no peer answers, this process is the slow one or no better peer exists: then all peers stay as they are.
 */
export class HealthChecks {
  readonly #options: HealthCheckOptions;
  readonly #context: HealthCheckContext;
  readonly #checked = new Map<Peer, Checked>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: HealthCheckOptions, context: HealthCheckContext) {
    this.#options = options;
    this.#context = context;
  }

  start(): void {
    this.#timer ??= setInterval(this.#checkAll, this.#options.interval).unref();
    this.#checkAll();
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const { request } of this.#checked.values()) request?.destroy();
    this.#checked.clear();
  }

  /** Result of a peer's checks; undefined before the first. */
  status(peer: Peer): CheckStatus | undefined {
    const checked = this.#checked.get(peer);
    if (checked === undefined) return undefined;
    const { misses, last } = checked;
    return {
      path: this.#options.path,
      misses,
      result: misses > 0 ? 'silent' : last?.result,
      ago: last === undefined ? undefined : (performance.now() - last.at) / 1_000,
    };
  }

  readonly #checkAll = (): void => {
    const peers = this.#context.peers().filter((peer) => !peer.options.down);
    for (const [peer, { request }] of this.#checked) {
      if (peers.includes(peer)) continue;
      request?.destroy();
      this.#checked.delete(peer);
    }
    // Misses count calls, not time: a balancer that was itself held up for long counts one miss.
    for (const peer of peers) if (this.#of(peer).request !== undefined) this.#of(peer).misses++;
    const someAnswer = peers.some((peer) => this.#of(peer).misses === 0);
    for (const peer of peers) {
      const checked = this.#of(peer);
      peer.answers = checked.misses === 0 || !someAnswer;
      if (checked.misses >= this.#options.misses && someAnswer) this.#evict(peer, checked);
      if (checked.request === undefined) this.#ask(peer, checked);
    }
  };

  #of(peer: Peer): Checked {
    let checked = this.#checked.get(peer);
    if (checked === undefined)
      this.#checked.set(peer, (checked = { request: undefined, misses: 0, evicted: false, last: undefined }));
    return checked;
  }

  #evict(peer: Peer, checked: Checked): void {
    if (!checked.evicted) {
      checked.evicted = true;
      const seconds = (checked.misses * this.#options.interval) / 1_000;
      this.#log('error', peer, `has missed health checks for ${seconds} s: closing its connections`);
    }
    // At every interval: connections that were being opened at the last one have arrived since.
    peer.evict();
  }

  #ask(peer: Peer, checked: Checked): void {
    const request = requestHealth(peer, this.#options.path, this.#context.tls, (response) => {
      response.resume();
      request.destroy();
      this.#onAnswer(peer, checked, response.statusCode ?? 0);
    });
    checked.request = request;
    // A peer that refuses connections is not hung: its open connections go on, and `max_fails` handles the refusals.
    request.on('error', () => {
      if (checked.request === request) checked.last = { result: 'refused', at: performance.now() };
    });
    request.on('close', () => {
      if (checked.request === request) checked.request = undefined;
    });
  }

  #onAnswer(peer: Peer, checked: Checked, result: number): void {
    checked.misses = 0;
    checked.last = { result, at: performance.now() };
    if (checked.evicted) this.#log('notice', peer, 'answers again');
    checked.evicted = false;
    peer.recovered();
  }

  #log(level: LogLevel, peer: Peer, what: string): void {
    this.#context.log(level, `peer ${peer.name} of upstream "${this.#context.upstream}" ${what}`);
  }
}
