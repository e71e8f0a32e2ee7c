/** What the system's error codes mean to a person who runs Redis. */
const meanings: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name cannot be looked up now',
  EPIPE: 'connection lost',
  ETIMEDOUT: 'no answer while connecting',
};

/** Says why Redis did not do what was asked, for a person. Never repeats a URL's user and password. */
export function redisProblem(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown failure';
  const { code } = error as NodeJS.ErrnoException;
  const meaning = code === undefined ? undefined : meanings[code];
  if (meaning !== undefined) return meaning;
  if (/unknown command.*ssubscribe/i.test(error.message)) return 'it has no sharded channels, they came with Redis 7';
  if (error.message === '') return code ?? error.name;
  return error.message.replace(/\/\/[^@\s/]*@/g, '//***@');
}
