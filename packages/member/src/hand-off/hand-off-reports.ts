import { handOffMessage } from '@pinwheel/protocol';
import type { HandOffEnd, HandOffEnded, HandOffReport } from '@pinwheel/protocol';

/** Milliseconds between two reports, at least. Events in between share a report. */
const GAP = 5;

/**
 * Reports to the balancer which handed-off connections were taken, were refused or have ended: at once at low rates, in
 * batches at high ones.
 */
export class HandOffReports {
  readonly #send: (report: HandOffReport) => void;
  #taken: number[] = [];
  #refused: number[] = [];
  #ended: HandOffEnded[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (message: unknown) => void) {
    this.#send = (report) => send(handOffMessage(report));
  }

  taken(id: number): void {
    this.#taken.push(id);
    this.#schedule();
  }

  refused(id: number): void {
    this.#refused.push(id);
    this.#schedule();
  }

  ended(id: number, { status, bytesReceived, bytesSent }: HandOffEnd): void {
    this.#ended.push([id, status, bytesReceived, bytesSent]);
    this.#schedule();
  }

  /** Sends the waiting events now. */
  flush(): void {
    const report = { taken: this.#taken, refused: this.#refused, ended: this.#ended };
    if (report.taken.length + report.refused.length + report.ended.length === 0) return;
    this.#taken = [];
    this.#refused = [];
    this.#ended = [];
    this.#send(report);
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    this.flush();
    this.#timer = setTimeout(this.#onGap, GAP).unref();
  }

  readonly #onGap = (): void => {
    this.#timer = undefined;
    if (this.#taken.length + this.#refused.length + this.#ended.length > 0) this.#schedule();
  };
}
