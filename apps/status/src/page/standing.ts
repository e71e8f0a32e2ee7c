import type { NodeStatus } from '@pinwheel/protocol';
import type { PeerStatus } from '@pinwheel/proxy';

/** A state as a colour; the word is always beside it. */
export type Tone = 'good' | 'waiting' | 'bad' | 'still' | 'off';

export interface Standing {
  readonly word: string;
  readonly tone: Tone;
  /** The reason or meaning, for the user. */
  readonly why: string;
}

const NODE_TONES: Readonly<Record<string, Tone>> = {
  up: 'good',
  starting: 'waiting',
  draining: 'waiting',
  hung: 'still',
  down: 'bad',
};

const NODE_MEANINGS: Readonly<Record<string, string>> = {
  up: 'it serves',
  starting: 'its process does not serve yet',
  draining: 'it drains its sessions, then exits',
  hung: 'its process is stopped or does not answer',
  down: 'there is no process',
};

export function nodeStanding({ state }: Pick<NodeStatus, 'state'>): Standing {
  return { word: state, tone: NODE_TONES[state] ?? 'waiting', why: NODE_MEANINGS[state] ?? '' };
}

/** `down` in the configuration comes first; otherwise the node's state is more precise than the balancer's. */
export function peerStanding(peer: PeerStatus, node: NodeStatus | undefined): Standing {
  if (peer.state === 'down') return { word: 'down', tone: 'off', why: 'taken out by configuration' };
  if (node !== undefined && node.state !== 'up') return nodeStanding(node);
  if (peer.state === 'drain') return { word: 'drain', tone: 'waiting', why: 'it takes no new sessions' };
  if (peer.check?.result === 'silent') {
    const why = 'a health check is unanswered: it receives no new clients';
    return { word: 'silent', tone: 'still', why };
  }
  if (peer.state === 'failed') {
    const { maxFails, failTimeout } = peer;
    const why = `${maxFails} ${maxFails === 1 ? 'failure' : 'failures'} (max_fails): left out for ${failTimeout} s`;
    return { word: 'failed', tone: 'bad', why };
  }
  if (!peer.reachable) {
    return { word: 'untried', tone: 'waiting', why: 'the last connection failed: a request will try it again' };
  }
  return peer.maxConns > 0 && peer.active >= peer.maxConns
    ? { word: 'full', tone: 'waiting', why: `max_conns=${peer.maxConns}` }
    : { word: 'up', tone: 'good', why: 'it receives requests' };
}
