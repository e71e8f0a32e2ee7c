import type { ConnectionCounts } from '../facts.js';
import type { ReplyOptions } from '../options/proxy.js';

/** The page of nginx's `stub_status`. */
export function stubStatusReply(counts: ConnectionCounts): ReplyOptions {
  const { accepted, handled, requests, active, reading, writing, waiting } = counts;
  const text =
    `Active connections: ${active} \n` +
    'server accepts handled requests\n' +
    ` ${accepted} ${handled} ${requests} \n` +
    `Reading: ${reading} Writing: ${writing} Waiting: ${waiting} \n`;
  return { status: 200, text, contentType: 'text/plain' };
}
