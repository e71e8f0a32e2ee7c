import { describe, expect, it } from 'vitest';
import { readRedisUrl } from './redis-url.js';

describe('readRedisUrl', () => {
  it('reads host, port, login and database', () => {
    expect(readRedisUrl('redis://me:p%40ss@cache.example:6380/3')).toEqual({
      host: 'cache.example',
      port: 6380,
      tls: false,
      username: 'me',
      password: 'p@ss',
      db: 3,
      shown: 'cache.example:6380',
    });
  });

  it('defaults to port 6379 and database 0', () => {
    expect(readRedisUrl('redis://localhost')).toMatchObject({ host: 'localhost', port: 6379, db: 0, tls: false });
    expect(readRedisUrl('rediss://:secret@[::1]/')).toMatchObject({ host: '::1', tls: true, shown: '[::1]:6379' });
  });

  it.each([
    ['nonsense', 'no URL'],
    ['http://localhost:6379', 'http://'],
    ['redis://', 'without a host'],
    ['redis://localhost:0', 'port 0'],
    ['redis://u:secret@localhost/zero', 'no database number'],
    ['redis://u:secret%zz@localhost', '%-escape'],
  ])('%s is refused, and no password is repeated', (url, reason) => {
    expect(() => readRedisUrl(url)).toThrow(reason);
    expect(() => readRedisUrl(url)).not.toThrow('secret');
  });
});
