import { describe, expect, it } from 'vitest';
import { readConfig } from './config.js';

describe('a node is set up by its environment', () => {
  it('which may be empty', () => {
    expect(readConfig({})).toEqual({
      host: '127.0.0.1',
      port: 3100,
      server: 'Server1',
      redisUrl: 'redis://127.0.0.1:6379',
      adapter: 'redis',
      tag: undefined,
      controls: false,
    });
  });

  it('which names everything', () => {
    const env = {
      PORT: '0',
      HOST: '::1',
      SERVER_NAME: 'app-2',
      REDIS_URL: '',
      ADAPTER: 'sharded',
      NODE_TAG: 'n2',
      CONTROLS: '1',
    };
    expect(readConfig(env)).toEqual({
      host: '::1',
      port: 0,
      server: 'app-2',
      redisUrl: undefined,
      adapter: 'sharded',
      tag: 'n2',
      controls: true,
    });
  });

  it.each([
    [{ PORT: 'abc' }, 'PORT: expected a port number from 0 to 65535, got "abc"'],
    [{ PORT: '65536' }, 'PORT: expected a port number from 0 to 65535, got "65536"'],
    [{ PORT: '' }, 'PORT: expected a port number from 0 to 65535, got ""'],
    [{ HOST: 'a b' }, 'HOST: expected an address or host name, got "a b"'],
    [{ SERVER_NAME: 'a\nb' }, 'SERVER_NAME: expected 1 to 64 characters A-Z a-z 0-9 . _ -, got "a\\nb"'],
    [{ CONTROLS: 'yes' }, 'CONTROLS: expected 0 or 1, got "yes"'],
    [{ ADAPTER: 'Redis' }, 'ADAPTER: expected one of redis, sharded, streams, got "Redis"'],
    [{ NODE_TAG: 'a.b' }, 'NODE_TAG: expected 1 to 64 characters A-Z a-z 0-9 _ -, got "a.b"'],
    [{ REDIS_URL: 'http://u:secret@h' }, 'REDIS_URL: expected redis://'],
  ])('but not by %j', (env, message) => {
    expect(() => readConfig(env)).toThrow(message);
    expect(() => readConfig(env)).not.toThrow('secret');
  });
});
