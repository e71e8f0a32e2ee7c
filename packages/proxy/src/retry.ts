import type { ErrorCode } from './errors.js';

/** What is known when an attempt has failed. */
export interface FailedAttempt {
  readonly code: ErrorCode;
  readonly method: string;
  /** A byte of the request was written to the peer. */
  readonly requestSent: boolean;
  /** The request's body, as far as it has come, can be sent again. */
  readonly bodyKept: boolean;
  /** A byte of the response was passed to the client. */
  readonly responseStarted: boolean;
  /** Attempts made so far, this one included, and how many there may be. */
  readonly attempts: number;
  readonly maxAttempts: number;
}

/** nginx's `proxy_next_upstream error timeout`: a response that is not HTTP is not among them. */
const repeatable: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'connect_failed',
  'connect_timeout',
  'upstream_closed',
  'upstream_timeout',
  'upstream_stalled',
]);

/** Methods that may have had their effect when a request was sent and no answer came (nginx: `non_idempotent`). */
const notIdempotent: ReadonlySet<string> = new Set(['POST', 'LOCK', 'PATCH']);

/** May the request be sent to another peer? */
export function mayRetry(failed: FailedAttempt): boolean {
  // Half an answer cannot be taken back.
  if (failed.responseStarted) return false;
  if (!repeatable.has(failed.code)) return false;
  if (failed.attempts >= failed.maxAttempts) return false;
  // Nothing left this process: whatever the method, the peer cannot have acted on it.
  if (!failed.requestSent) return failed.bodyKept;
  if (notIdempotent.has(failed.method)) return false;
  return failed.bodyKept;
}
