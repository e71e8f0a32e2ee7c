import type { ErrorCode } from '../errors.js';
import type { RetryOccasion, RetryOptions } from '../options/pass.js';

/** A request after an attempt that failed or whose response is unwanted. */
export interface Attempted {
  /** Method of the client's request. */
  readonly method: string;
  /** A byte of the request was written to the peer. */
  readonly requestSent: boolean;
  /** The part of the request's body that has come can be sent again. */
  readonly bodyKept: boolean;
  /** Attempts made, this one included, and the most there may be. */
  readonly attempts: number;
  readonly maxAttempts: number;
  /** Milliseconds since the first attempt began. */
  readonly elapsed: number;
}

export interface FailedAttempt extends Attempted {
  readonly code: ErrorCode;
  /** A byte of the response was relayed to the client. */
  readonly responseStarted: boolean;
}

const occasions: ReadonlyMap<ErrorCode, RetryOccasion> = new Map<ErrorCode, RetryOccasion>([
  ['connect_failed', 'error'],
  ['upstream_closed', 'error'],
  ['connect_timeout', 'timeout'],
  ['upstream_timeout', 'timeout'],
  ['upstream_stalled', 'timeout'],
  ['bad_response', 'invalid_header'],
]);

const statusOccasions: readonly (readonly [number, RetryOccasion])[] = [
  [403, 'http_403'],
  [404, 'http_404'],
  [429, 'http_429'],
  [500, 'http_500'],
  [502, 'http_502'],
  [503, 'http_503'],
  [504, 'http_504'],
];

/** Methods whose request may have taken effect although no response came (nginx: `non_idempotent`). */
const notIdempotent: ReadonlySet<string> = new Set(['POST', 'LOCK', 'PATCH']);

/** nginx's `proxy_next_upstream` with its `_tries` and `_timeout`. */
export class RetryRule {
  /** Statuses of responses after which the request is retried. */
  readonly statuses: ReadonlySet<number>;
  /** Most attempts for a request. */
  readonly tries: number;
  readonly #on: ReadonlySet<RetryOccasion>;
  readonly #timeout: number;

  constructor({ on, tries, timeout }: RetryOptions) {
    this.#on = new Set(on);
    this.tries = tries === 0 ? Number.POSITIVE_INFINITY : tries;
    this.#timeout = timeout === 0 ? Number.POSITIVE_INFINITY : timeout;
    this.statuses = new Set(statusOccasions.flatMap(([status, word]) => (this.#on.has(word) ? [status] : [])));
  }

  /** May the request be retried after that failure? */
  afterFailure(failed: FailedAttempt): boolean {
    // A part of the response that the client has cannot be taken back.
    if (failed.responseStarted) return false;
    const occasion = occasions.get(failed.code);
    if (occasion === undefined || !this.#on.has(occasion)) return false;
    return this.#mayRepeat(failed);
  }

  /** May the request be retried after a response with that status, none of which was relayed? */
  afterStatus(status: number, attempted: Attempted): boolean {
    return this.statuses.has(status) && this.#mayRepeat(attempted);
  }

  #mayRepeat({ attempts, maxAttempts, elapsed, requestSent, bodyKept, method }: Attempted): boolean {
    if (attempts >= maxAttempts || elapsed >= this.#timeout || !bodyKept) return false;
    // If no byte of the request left this process, the peer cannot have acted on it, whatever the method.
    return !requestSent || !notIdempotent.has(method) || this.#on.has('non_idempotent');
  }
}

/** nginx's default: `proxy_next_upstream error timeout`. */
export const USUAL_RETRIES = new RetryRule({ on: ['error', 'timeout'], tries: 0, timeout: 0 });

/** Does a response with that status, after which the request is retried, count for `max_fails`? 403 and 404 do not. */
export function countsAsFailure(status: number): boolean {
  return status !== 403 && status !== 404;
}
