import type { ClientRequest } from 'node:http';
import type { HealthCheckOptions, LogLevel } from '../options/proxy.js';
import { requestHealth } from './health-request.js';
import type { Peer } from './peer.js';
import type { UpstreamTls } from './link/tls.js';

/** A status of HTTP, whatever it is; `refused`: no connection could be made; `silent`: it owes an answer. */
export type CheckResult = number | 'refused' | 'silent';

/** What health checks have told of a peer. */
export interface CheckStatus {
  /** What is asked for. */
  readonly path: string;
  /** Looks in a row that found it without an answer. */
  readonly misses: number;
  /** Undefined before the first. */
  readonly result: CheckResult | undefined;
  /** Seconds since the last answer or refusal. */
  readonly ago: number | undefined;
}

/** What is known of a peer's answers. */
interface Checked {
  /** Has been asked and has not answered yet. */
  request: ClientRequest | undefined;
  /** Looks in a row that found it without an answer. */
  misses: number;
  evicted: boolean;
  /** What came of the last question that has an end: a status, or no connection; `at` is of `performance.now()`. */
  last: { readonly result: CheckResult; readonly at: number } | undefined;
}

export interface HealthCheckContext {
  /** Asked at every look: a name may lead elsewhere meanwhile. */
  readonly peers: () => readonly Peer[];
  readonly upstream: string;
  readonly tls: UpstreamTls | undefined;
  readonly log: (level: LogLevel, message: string) => void;
}

/**
 * Asks every peer for a sign of life, once per interval; any HTTP answer is one. A peer that owes one is not chosen, and
 * its sessions go to others. One that has owed it for several looks, as a process that is stopped or busy without end, has
 * its connections ended, so that their clients come back elsewhere. A peer that answers is as good as new.
 *
 * When nobody answers it is we who are slow, or there is nowhere to go: then all stay as they are.
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
    this.#timer ??= setInterval(this.#look, this.#options.interval).unref();
    this.#look();
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const { request } of this.#checked.values()) request?.destroy();
    this.#checked.clear();
  }

  /** What is known of a peer; undefined before it was asked. */
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

  readonly #look = (): void => {
    const peers = this.#context.peers().filter((peer) => !peer.options.down);
    for (const [peer, { request }] of this.#checked) {
      if (peers.includes(peer)) continue;
      request?.destroy();
      this.#checked.delete(peer);
    }
    // Misses are counted in looks: a balancer that was held up itself has looked once.
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
      this.#tell('error', peer, `has not answered for ${seconds} s: its connections are ended`);
    }
    // Again at every look: some may have been on their way.
    peer.evict();
  }

  #ask(peer: Peer, checked: Checked): void {
    const request = requestHealth(peer, this.#options.path, this.#context.tls, (response) => {
      response.resume();
      request.destroy();
      this.#onAnswer(peer, checked, response.statusCode ?? 0);
    });
    checked.request = request;
    // Whoever refuses a connection is not hung: what it has open may go on (nginx: `max_fails` tells of the rest).
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
    if (checked.evicted) this.#tell('notice', peer, 'answers again');
    checked.evicted = false;
    peer.recovered();
  }

  #tell(level: LogLevel, peer: Peer, what: string): void {
    this.#context.log(level, `peer ${peer.name} of upstream "${this.#context.upstream}" ${what}`);
  }
}
