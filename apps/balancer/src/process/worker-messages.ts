import type { PeerNews, ProxyHistory } from '@pinwheel/proxy';
import type { ServingStatus } from './process-admin.js';
import type { Snapshot } from './snapshot.js';

/** What the master says to a worker. */
export type ToWorker =
  | { readonly kind: 'start' | 'reload'; readonly snapshot: Snapshot }
  | { readonly kind: 'reopen' }
  | { readonly kind: 'tag'; readonly upstream: string; readonly tag: string; readonly peer: string }
  /** What another worker tells of peers. */
  | { readonly kind: 'peers'; readonly from: number; readonly upstream: string; readonly news: readonly PeerNews[] }
  /** What does it hold, and what has it done? */
  | { readonly kind: 'status' | 'history' }
  /** Another worker has ended. */
  | { readonly kind: 'gone'; readonly from: number }
  /** To `find`; without a peer nobody knows. */
  | { readonly kind: 'found'; readonly id: number; readonly peer?: string };

/** What a worker says to the master. */
export type ToMaster =
  /** It hears what it is told; before, messages would be lost. */
  | { readonly kind: 'listening' }
  /** It does what `start` or `reload` asked for; or it does not, and why. */
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly why: string }
  /** To `status` and `history`; without a history it listens nowhere. */
  | { readonly kind: 'status'; readonly status: ServingStatus }
  | { readonly kind: 'history'; readonly history?: ProxyHistory }
  | {
      readonly kind: 'learned';
      readonly upstream: string;
      readonly what: 'sid' | 'tag';
      readonly key: string;
      readonly peer: string;
    }
  | { readonly kind: 'peers'; readonly upstream: string; readonly news: readonly PeerNews[] }
  | { readonly kind: 'find'; readonly id: number; readonly upstream: string; readonly sid: string };

/** Set in the environment of a worker. */
export const WORKER_MARKER = 'PINWHEEL_WORKER';

/** Whether this process was started to be a worker. The marker is not for the processes that this one starts. */
export const isWorker = takeMarker();

function takeMarker(): boolean {
  const isMarked = process.env[WORKER_MARKER] !== undefined && process.connected;
  delete process.env[WORKER_MARKER];
  return isMarked;
}

/** Whether a message is of ours: both ends are this very program. */
export function isMessage(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'kind' in message;
}
