/** What the proxy counts of its client connections (nginx: `stub_status`). */
export interface ConnectionCounts {
  /** Since the start. `handled` is less than `accepted` by those that were closed at once for want of room. */
  readonly accepted: number;
  readonly handled: number;
  readonly requests: number;
  /** Open now: `reading` a request head, `writing` from then on to the answer's end, `waiting` for a request. */
  readonly reading: number;
  readonly writing: number;
  readonly waiting: number;
}

/** All that are open now. */
export function activeConnections({ reading, writing, waiting }: ConnectionCounts): number {
  return reading + writing + waiting;
}

/** The page of `stub_status`. */
export function stubStatusText(counts: ConnectionCounts): string {
  const { accepted, handled, requests, reading, writing, waiting } = counts;
  return (
    `Active connections: ${activeConnections(counts)} \n` +
    'server accepts handled requests\n' +
    ` ${accepted} ${handled} ${requests} \n` +
    `Reading: ${reading} Writing: ${writing} Waiting: ${waiting} \n`
  );
}
