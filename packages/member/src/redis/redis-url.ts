/** The address and the login of a Redis, read from a URL. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly username?: string;
  readonly password?: string;
  /** Number of the database. Default 0. */
  readonly db: number;
  /** `host:port` for logs, without user and password. */
  readonly shown: string;
}

/** A Redis URL that cannot be read. The message never repeats the URL, which may hold a password. */
export class RedisUrlError extends Error {
  readonly code = 'bad_redis_url';
  override name = 'RedisUrlError';

  constructor(got: string) {
    super(`expected redis://[[user]:password@]host[:port][/database] or rediss://... (TLS), got ${got}`);
  }
}

/**
 * Reads `redis://[[user]:password@]host[:port][/database]`, or `rediss://` for TLS. The port is 6379 when absent, the
 * database 0. User and password may be percent-encoded.
 *
 * @throws RedisUrlError (code `bad_redis_url`), without the URL's secrets
 */
export function readRedisUrl(text: string): RedisAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw new RedisUrlError('a text that is no URL');
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') throw new RedisUrlError(`a ${url.protocol}// URL`);
  if (url.hostname === '') throw new RedisUrlError('a URL without a host');
  if (url.port === '0') throw new RedisUrlError('port 0');
  const database = /^\/?$|^\/(\d{1,6})$/.exec(url.pathname);
  if (database === null) throw new RedisUrlError('a path that is no database number');

  // A literal IPv6 address stands in brackets in a URL and without them everywhere else.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? 6379 : Number(url.port);
  const username = decoded(url.username);
  const password = decoded(url.password);
  return Object.freeze({
    host,
    port,
    tls: url.protocol === 'rediss:',
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    db: Number(database[1] ?? 0),
    shown: `${url.hostname}:${port}`,
  });
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new RedisUrlError('a user or password with a broken %-escape');
  }
}
