/** No answer came in time. */
export class DeadlineError extends Error {
  readonly code = 'no_answer';
  override name = 'DeadlineError';
}

/**
 * What `work` gives, if it gives it within `ms` milliseconds. `work` itself is not stopped; what becomes of it later is
 * dropped.
 *
 * @throws DeadlineError (code `no_answer`), or what `work` threw
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
