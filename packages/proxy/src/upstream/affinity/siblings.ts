import type { Siblings } from '../../options/siblings.js';
import type { Affinity, Learned } from './affinity.js';

/** A listener that reports to the siblings what one upstream learns; undefined without siblings. */
export function reportToSiblings(siblings: Siblings | undefined, upstream: string): Learned | undefined {
  if (siblings === undefined) return undefined;
  return (kind, key, peer) => siblings.learned(upstream, kind, key, peer.name);
}

/** Asks the siblings which peer holds a session, and remembers it. Never rejects. */
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
    // The siblings cannot be asked: the session stays unknown, as it would be without siblings.
  }
}
