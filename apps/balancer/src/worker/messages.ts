import type { PeerNews, ProxyHistory } from '@pinwheel/proxy';
import type { ServingStatus } from '../serve/admin.js';
import type { Snapshot } from '@pinwheel/nginx-disk';

/** The messages of the master to a worker. */
export type ToWorker =
  | { readonly kind: 'start' | 'reload'; readonly snapshot: Snapshot }
  | { readonly kind: 'reopen' }
  | { readonly kind: 'tag'; readonly upstream: string; readonly tag: string; readonly peer: string }
  /** News of peers from another worker. */
  | { readonly kind: 'peers'; readonly from: number; readonly upstream: string; readonly news: readonly PeerNews[] }
  /** Asks for the status, or for the history. */
  | { readonly kind: 'status' | 'history' }
  /** Another worker has exited. */
  | { readonly kind: 'gone'; readonly from: number }
  /** The answer to `find`; without a peer no worker knows the session. */
  | { readonly kind: 'found'; readonly id: number; readonly peer?: string };

/** The messages of a worker to the master. */
export type ToMaster =
  /** The worker listens to messages; earlier ones would be lost. */
  | { readonly kind: 'listening' }
  /** `start` or `reload` succeeded, or failed for a reason. */
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly why: string }
  /** The answers to `status` and `history`; without a history the worker listens nowhere. */
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

/** The environment variable that marks a worker. */
export const WORKER_MARKER = 'PINWHEEL_WORKER';

/** True in a worker. The marker is removed, so that processes started by this one do not see it. */
export const isWorker = takeMarker();

function takeMarker(): boolean {
  const isMarked = process.env[WORKER_MARKER] !== undefined && process.connected;
  delete process.env[WORKER_MARKER];
  return isMarked;
}

/** True for a message of this program, which is at both ends of the channel. */
export function isMessage(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'kind' in message;
}
