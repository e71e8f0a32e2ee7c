import type { Counts } from './counts.js';

/** Where a room's ledger writes what became of its messages. Nodes are numbers that the owner of the books gave out. */
export interface Books {
  readonly counts: Counts;
  /** A message was sent by someone on this node. */
  sentFrom(node: number): void;
  /** So many deliveries from one node to another are due. */
  due(from: number, to: number, deliveries: number): void;
  /** A first delivery in time. Times are in milliseconds. */
  delivered(from: number, to: number, afterPlanned: number, afterSent: number): void;
  missing(from: number, to: number): void;
  /** What was counted as missing came after all. */
  late(from: number, to: number): void;
}
