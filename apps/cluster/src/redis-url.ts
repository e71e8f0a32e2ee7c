import { UsageError } from '@pinwheel/balancer';

/**
 * Returns `text` when it is the URL of a Redis server.
 *
 * @throws UsageError that shows nothing of a URL but its scheme
 */
export function checkRedisUrl(text: string): string {
  const expected = 'redis://[user:password@]host[:port][/database] or rediss://...';
  if (!URL.canParse(text)) throw new UsageError('REDIS_URL', expected, 'something that is not a URL');
  const { protocol, hostname } = new URL(text);
  if (protocol !== 'redis:' && protocol !== 'rediss:') throw new UsageError('REDIS_URL', expected, `${protocol}//...`);
  if (hostname === '') throw new UsageError('REDIS_URL', expected, `${protocol}// without a host`);
  return text;
}

/** `host:port` of a Redis URL: what may be shown. */
export function redisAddress(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port === '' ? 6379 : port}`;
}
