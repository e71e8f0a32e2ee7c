/**
 * The results of the messages of one stage. When it is settled: `scheduled = sent + unsent` and
 * `expected = received + late + missingOnline + missingOffline`.
 */
export interface Counts {
  /** Messages planned. */
  scheduled: number;
  /** Messages handed to their sender's connection. */
  sent: number;
  /** Messages whose sender was not in the room at the time. */
  unsent: number;
  /** Deliveries due: the members of the room when the message was sent, for each message. */
  expected: number;
  /** First deliveries to an expected member, within the settle time. */
  received: number;
  /** First deliveries to an expected member after the settle time. */
  late: number;
  /** Missing deliveries to recipients that kept their connection. */
  missingOnline: number;
  /** Missing deliveries to recipients that lost their connection meanwhile. */
  missingOffline: number;
  /** The part of `missingOnline` whose sender lost its connection after sending. */
  missingSenderCut: number;
  /** Deliveries of a message that its recipient already had. */
  duplicated: number;
  /** First deliveries that arrived after a later message of the same sender. */
  outOfOrder: number;
  /** First deliveries to a member that was not in the room when the message was sent. */
  unexpected: number;
}

export const COUNT_NAMES = [
  'scheduled',
  'sent',
  'unsent',
  'expected',
  'received',
  'late',
  'missingOnline',
  'missingOffline',
  'missingSenderCut',
  'duplicated',
  'outOfOrder',
  'unexpected',
] as const satisfies readonly (keyof Counts)[];

export function noCounts(): Counts {
  return {
    scheduled: 0,
    sent: 0,
    unsent: 0,
    expected: 0,
    received: 0,
    late: 0,
    missingOnline: 0,
    missingOffline: 0,
    missingSenderCut: 0,
    duplicated: 0,
    outOfOrder: 0,
    unexpected: 0,
  };
}

/** Adds `more` to `counts`. */
export function addCounts(counts: Counts, more: Readonly<Counts>): void {
  for (const name of COUNT_NAMES) counts[name] += more[name];
}

/** The deliveries that have neither arrived nor are settled as missing. */
export function outstanding(counts: Readonly<Counts>): number {
  return counts.expected - counts.received - counts.late - counts.missingOnline - counts.missingOffline;
}
