import type { Counts } from './counts.js';

/** Gets the results of a room's messages from its ledger. Nodes are numbers that the owner of the books assigns. */
export interface Books {
  readonly counts: Counts;
  /** A client on this node sent a message. */
  sentFrom(node: number): void;
  /** `count` deliveries from one node to another are due. */
  due(from: number, to: number, deliveries: number): void;
  /** A first delivery arrived in time. Times are in milliseconds. */
  delivered(from: number, to: number, afterPlanned: number, afterSent: number): void;
  missing(from: number, to: number): void;
  /** A delivery that was counted as missing arrived after all. */
  late(from: number, to: number): void;
}
