import type { UpstreamAttempt } from './facts.js';
import type { Peer } from './peer.js';

/** One attempt, as the `$upstream_*` variables tell it. Times are milliseconds since it began. */
class Attempt implements UpstreamAttempt {
  readonly startedAt = performance.now();
  status = 0;
  connectTime: number | undefined;
  headerTime: number | undefined;
  responseTime: number | undefined;
  readonly responseLength = 0;
  readonly bytesReceived = 0;
  readonly bytesSent = 0;

  constructor(readonly addr: string) {}
}

/** The attempts of one request, kept only where somebody is told of them at the end. */
export class Attempts {
  readonly #kept: Attempt[] | undefined;
  #current: Attempt | undefined;

  constructor(keep: boolean) {
    this.#kept = keep ? [] : undefined;
  }

  get all(): readonly UpstreamAttempt[] {
    return this.#kept ?? [];
  }

  begin(peer: Peer): void {
    if (this.#kept === undefined) return;
    this.#current = new Attempt(peer.name);
    this.#kept.push(this.#current);
  }

  onSent(): void {
    if (this.#current !== undefined) this.#current.connectTime = this.#elapsed(this.#current);
  }

  onHead(status: number): void {
    if (this.#current === undefined) return;
    this.#current.status = status;
    this.#current.headerTime = this.#elapsed(this.#current);
  }

  /** @param status what the failure would be for the client */
  onFailed(status: number): void {
    if (this.#current?.status === 0) this.#current.status = status;
  }

  onEnd(): void {
    if (this.#current !== undefined) this.#current.responseTime ??= this.#elapsed(this.#current);
  }

  #elapsed(attempt: Attempt): number {
    return performance.now() - attempt.startedAt;
  }
}
