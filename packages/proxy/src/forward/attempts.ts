import { now } from '../net/clock.js';
import type { ProxyError } from '../errors.js';
import type { UpstreamAttempt } from '../facts.js';
import type { Link } from '../upstream/link/link.js';
import type { PeerCounts } from '../upstream/counts.js';

/** One attempt, as the `$upstream_*` variables show it. Times are milliseconds since it began. */
class Attempt implements UpstreamAttempt {
  readonly startedAt = now();
  status = 0;
  connectTime: number | undefined;
  headerTime: number | undefined;
  readonly addr: string;
  readonly afterRedirect: boolean;
  #link: Link | undefined;
  /** Bytes that the link had carried before. */
  #readBefore = 0;
  #writtenBefore = 0;
  /** Set at the end. */
  #responseTime: number | undefined;
  #received = 0;
  #sent = 0;
  #length = 0;

  constructor(addr: string, afterRedirect: boolean) {
    this.addr = addr;
    this.afterRedirect = afterRedirect;
  }

  over(link: Link): void {
    this.#link = link;
    this.#readBefore = link.wire.bytesRead;
    this.#writtenBefore = link.wire.bytesWritten;
  }

  /** Undefined while the response is in flight. A tunnel has no event for its end here: its time is read when it is logged. */
  get responseTime(): number | undefined {
    return this.#responseTime ?? (this.status === 101 ? now() - this.startedAt : undefined);
  }
  get bytesReceived(): number {
    return this.#link === undefined ? this.#received : this.#link.wire.bytesRead - this.#readBefore;
  }
  get bytesSent(): number {
    const wire = this.#link?.wire;
    return wire === undefined ? this.#sent : Math.max(0, wire.bytesWritten - this.#writtenBefore - wire.pending);
  }
  /** As nginx counts: the bytes after the head, chunk framing included; 0 for a tunnel. */
  get responseLength(): number {
    const link = this.#link;
    if (link === undefined) return this.#length;
    return this.headerTime === undefined || this.status === 101 ? 0 : link.wire.bytesRead - link.bodyStart;
  }

  end(): void {
    this.#responseTime ??= now() - this.startedAt;
    this.#received = this.bytesReceived;
    this.#sent = this.bytesSent;
    this.#length = this.responseLength;
    this.#link = undefined;
  }
}

const NONE: readonly Attempt[] = [];

/** The attempts of one request: counted at their peers, and kept only if variables may show them. */
export class Attempts {
  readonly #keeps: boolean;
  #kept: Attempt[] | undefined = undefined;
  /** The next attempt is the first since the redirect. */
  #redirected: boolean;
  #current: Attempt | undefined;
  /** Counters of the current peer. */
  #counts: PeerCounts | undefined;

  /** @param before the attempts of an earlier location, before an internal redirect */
  constructor(keep: boolean, before?: Attempts) {
    this.#keeps = keep;
    if (keep && before !== undefined) this.#kept = [...before.all];
    this.#redirected = this.#kept !== undefined && this.#kept.length > 0;
  }

  get all(): readonly Attempt[] {
    return this.#kept ?? NONE;
  }

  /** @param addr the peer's name */
  begin(addr: string, counts?: PeerCounts): void {
    this.#counts = counts;
    if (!this.#keeps) return;
    this.#current = new Attempt(addr, this.#redirected);
    this.#redirected = false;
    // A literal has room for one element, which nearly always suffices; pushing to an empty array allocates 17 (V8).
    if (this.#kept === undefined) this.#kept = [this.#current];
    else this.#kept.push(this.#current);
  }

  /** No peer is available. @param upstream name of the upstream, shown in place of a peer's */
  none(upstream: string, status: number): void {
    this.begin(upstream);
    this.onFailed(status);
    this.onEnd();
  }

  /** The attempt uses that connection. */
  onLink(link: Link): void {
    this.#current?.over(link);
  }

  onSent(): void {
    if (this.#current !== undefined) this.#current.connectTime ??= this.#elapsed(this.#current);
  }

  onHead(status: number): void {
    this.#counts?.answered(status);
    if (this.#current === undefined) return;
    this.#current.status = status;
    this.#current.headerTime = this.#elapsed(this.#current);
  }

  /** The attempt failed. @param status the status that the client would get for it */
  onFailed(status: number): void {
    if (this.#current?.status === 0) this.#current.status = status;
  }

  /** The attempt failed. @param retried the request is retried; undefined for a stale idle connection, which does not count */
  onError({ code, status }: ProxyError, retried: boolean | undefined): void {
    if (retried !== undefined) this.#counts?.failed(code, retried);
    this.onFailed(status);
  }

  onEnd(): void {
    this.#current?.end();
    this.#current = undefined;
  }

  #elapsed(attempt: Attempt): number {
    return now() - attempt.startedAt;
  }
}
