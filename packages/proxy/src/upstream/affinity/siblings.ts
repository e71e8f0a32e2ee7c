import type { Siblings } from '../../options/siblings.js';
import type { Affinity, Tell } from './affinity.js';

/** What is told to the siblings of one upstream. */
export function tellSiblings(siblings: Siblings | undefined, upstream: string): Tell | undefined {
  if (siblings === undefined) return undefined;
  return (kind, key, peer) => siblings.learned(upstream, kind, key, peer.name);
}

/** Asks the siblings for a session and remembers what they say. Never rejects. */
export async function askSiblings(
  siblings: Siblings,
  upstream: string,
  sid: string,
  affinity: Affinity,
): Promise<void> {
  try {
    const peer = await siblings.find(upstream, sid);
    if (peer !== undefined) affinity.adopt(sid, peer);
  } catch {
    // Nobody could be asked: the session is one that is not known, as it would be without siblings.
  }
}
