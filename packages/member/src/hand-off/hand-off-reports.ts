import { handOffMessage } from '@pinwheel/protocol';
import type { HandOffEnd, HandOffEnded, HandOffReport } from '@pinwheel/protocol';

/** Milliseconds between two reports, at least; what there is to tell meanwhile is told together. */
const GAP = 5;

/** What the balancer is told of the connections that it gave: at once where little happens, in batches where much does. */
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
    this.#soon();
  }

  refused(id: number): void {
    this.#refused.push(id);
    this.#soon();
  }

  ended(id: number, { status, bytesReceived, bytesSent }: HandOffEnd): void {
    this.#ended.push([id, status, bytesReceived, bytesSent]);
    this.#soon();
  }

  /** Tells now what is to be told. */
  flush(): void {
    const report = { taken: this.#taken, refused: this.#refused, ended: this.#ended };
    if (report.taken.length + report.refused.length + report.ended.length === 0) return;
    this.#taken = [];
    this.#refused = [];
    this.#ended = [];
    this.#send(report);
  }

  #soon(): void {
    if (this.#timer !== undefined) return;
    this.flush();
    this.#timer = setTimeout(this.#onGap, GAP).unref();
  }

  readonly #onGap = (): void => {
    this.#timer = undefined;
    if (this.#taken.length + this.#refused.length + this.#ended.length > 0) this.#soon();
  };
}
