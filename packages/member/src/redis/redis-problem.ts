/** The system's error codes in the words of an operator. */
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

/** Why a Redis command or connection failed, for people. Never repeats the user and password of a URL. */
export function redisProblem(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown failure';
  const { code } = error as NodeJS.ErrnoException;
  const meaning = code === undefined ? undefined : meanings[code];
  if (meaning !== undefined) return meaning;
  if (/unknown command.*ssubscribe/i.test(error.message)) return 'sharded channels need Redis 7';
  if (error.message === '') return code ?? error.name;
  return error.message.replace(/\/\/[^@\s/]*@/g, '//***@');
}
