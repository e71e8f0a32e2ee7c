import type { Books } from '../accounting/books.js';
import { type Counts, noCounts } from '../accounting/counts.js';
import { Times } from './histogram.js';

/** Deliveries from one node to another. `due = delivered + missing + late` when all messages are settled. */
export interface PathReport {
  readonly from: string;
  readonly to: string;
  readonly due: number;
  readonly delivered: number;
  readonly missing: number;
  readonly late: number;
  /** Times from the planned send, encoded, 2 digits. */
  readonly latency: string;
}

/** The measurements of one worker in one stage. */
export interface StageReport {
  readonly counts: Counts;
  /** Times from the planned send, encoded. */
  readonly latency: string;
  /** Times from the actual send, encoded. */
  readonly sendLatency: string;
  readonly paths: readonly PathReport[];
  /** Number of messages, by the node of their sender. */
  readonly sentFrom: Readonly<Record<string, number>>;
}

class Path {
  due = 0;
  delivered = 0;
  missing = 0;
  late = 0;
  // The histogram has fewer digits, because there is one for each pair of nodes.
  readonly latency = new Times(2);
}

/** The books of one stage in one worker, with the times of all deliveries. */
export class Measurements implements Books {
  readonly counts = noCounts();
  readonly #planned = new Times();
  readonly #sent = new Times();
  readonly #recent: Times;
  readonly #paths: Path[][] = [];
  readonly #sentFrom = new Map<number, number>();

  /** @param recent also gets the times from the planned send; its owner empties it */
  constructor(recent: Times) {
    this.#recent = recent;
  }

  sentFrom(node: number): void {
    this.#sentFrom.set(node, (this.#sentFrom.get(node) ?? 0) + 1);
  }

  due(from: number, to: number, deliveries: number): void {
    this.#path(from, to).due += deliveries;
  }

  delivered(from: number, to: number, afterPlanned: number, afterSent: number): void {
    this.#planned.record(afterPlanned);
    this.#sent.record(afterSent);
    this.#recent.record(afterPlanned);
    const path = this.#path(from, to);
    path.delivered++;
    path.latency.record(afterPlanned);
  }

  missing(from: number, to: number): void {
    this.#path(from, to).missing++;
  }

  late(from: number, to: number): void {
    const path = this.#path(from, to);
    path.missing--;
    path.late++;
  }

  /** @param names names of the nodes, by their number */
  report(names: readonly string[]): StageReport {
    const name = (node: number): string => names[node] ?? '?';
    return {
      counts: { ...this.counts },
      latency: this.#planned.encode(),
      sendLatency: this.#sent.encode(),
      paths: this.#paths.flatMap((row, from) =>
        row.map((path, to): PathReport => {
          const { due, delivered, missing, late, latency } = path;
          return { from: name(from), to: name(to), due, delivered, missing, late, latency: latency.encode() };
        }),
      ),
      sentFrom: Object.fromEntries([...this.#sentFrom].map(([node, count]) => [name(node), count])),
    };
  }

  #path(from: number, to: number): Path {
    const row = (this.#paths[from] ??= []);
    return (row[to] ??= new Path());
  }
}
