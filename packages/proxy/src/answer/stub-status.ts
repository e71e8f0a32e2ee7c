import type { ReplyOptions } from '../options/proxy.js';

/** What the proxy counts of its client connections (nginx: `stub_status`). */
export interface ConnectionCounts {
  /** Since the start. `handled` is less than `accepted` by those that were closed at once for want of room. */
  readonly accepted: number;
  readonly handled: number;
  readonly requests: number;
  /** Open now: `reading` a request head, `writing` from then on to the end of the answer, `waiting` for a request. */
  readonly active: number;
  readonly reading: number;
  readonly writing: number;
  readonly waiting: number;
}

/** The page of `stub_status`. */
export function stubStatusReply(counts: ConnectionCounts): ReplyOptions {
  const { accepted, handled, requests, active, reading, writing, waiting } = counts;
  const text =
    `Active connections: ${active} \n` +
    'server accepts handled requests\n' +
    ` ${accepted} ${handled} ${requests} \n` +
    `Reading: ${reading} Writing: ${writing} Waiting: ${waiting} \n`;
  return { status: 200, text, contentType: 'text/plain' };
}
