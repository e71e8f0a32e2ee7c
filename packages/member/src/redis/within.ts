/** The time limit of {@link within} has passed. */
export class DeadlineError extends Error {
  readonly code = 'no_answer';
  override name = 'DeadlineError';
}

/**
 * Resolves as `work` does, if it does within `ms` milliseconds. It does not stop `work`, and drops its later result.
 *
 * @throws DeadlineError (code `no_answer`), or what `work` rejects with
 * @example const reply = await within(500, redis.ping());
 */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
