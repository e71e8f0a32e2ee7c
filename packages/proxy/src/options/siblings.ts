import type { Affinity, Tell } from '../upstream/affinity/affinity.js';
import type { PeerNews } from '../upstream/shared-peers.js';

/**
 * Other processes that serve the same upstreams: the next request of a session may come to any of them. Peers are meant
 * by their names.
 */
export interface Siblings {
  /** An answer of a peer has taught a session id, or a tag. Called before the client gets the answer. */
  learned(upstream: string, kind: 'sid' | 'tag', key: string, peer: string): void;
  /** The peer that holds a session, undefined when no other process knows. Settles in bounded time. */
  find(upstream: string, sid: string): Promise<string | undefined>;
  /** What has changed of the peers of an upstream that is `shared`. */
  peersChanged(upstream: string, news: readonly PeerNews[]): void;
}

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
