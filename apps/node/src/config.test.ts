import { describe, expect, it } from 'vitest';
import { type NodeConfig, readNodeCommand } from './config.js';

function configOf(env: Readonly<Record<string, string>>): NodeConfig {
  const command = readNodeCommand([], env);
  if (command.kind !== 'start') throw new Error(`the command is ${command.kind}`);
  return command.config;
}

describe('the environment of a node', () => {
  it('may be empty: every setting has a default', () => {
    expect(configOf({})).toEqual({
      host: '127.0.0.1',
      port: 3100,
      server: 'Server1',
      redisUrl: 'redis://127.0.0.1:6379',
      adapter: 'redis',
      tag: undefined,
      controls: false,
    });
  });

  it('gives every setting', () => {
    const env = {
      PORT: '0',
      HOST: '::1',
      SERVER_NAME: 'app-2',
      REDIS_URL: '',
      ADAPTER: 'sharded',
      NODE_TAG: 'n2',
      CONTROLS: '1',
    };
    expect(configOf(env)).toEqual({
      host: '::1',
      port: 0,
      server: 'app-2',
      redisUrl: undefined,
      adapter: 'sharded',
      tag: 'n2',
      controls: true,
    });
  });

  it.each<[Record<string, string>, string]>([
    [{ PORT: 'abc' }, 'PORT: expected a whole number from 0 to 65535, got "abc"'],
    [{ PORT: '65536' }, 'PORT: expected a whole number from 0 to 65535, got "65536"'],
    [{ PORT: '' }, 'PORT: expected a whole number from 0 to 65535, got nothing'],
    [{ HOST: 'a b' }, 'HOST: expected an address or host name, got "a b"'],
    [{ SERVER_NAME: 'a\nb' }, 'SERVER_NAME: expected 1 to 64 characters A-Z a-z 0-9 . _ -, got "a\\nb"'],
    [{ CONTROLS: 'yes' }, 'CONTROLS: expected 0 or 1, got "yes"'],
    [{ ADAPTER: 'Redis' }, 'ADAPTER: expected one of redis, sharded, streams, got "Redis"'],
    [{ NODE_TAG: 'a.b' }, 'NODE_TAG: expected 1 to 64 characters A-Z a-z 0-9 _ -, got "a.b"'],
    [{ REDIS_URL: 'http://u:secret@h' }, 'REDIS_URL: expected redis://'],
  ])('is refused with %j', (env, message) => {
    expect(() => configOf(env)).toThrow(message);
    expect(() => configOf(env)).not.toThrow('secret');
  });
});

describe('the command line of a node', () => {
  it.each([
    [['--help'], 'help'],
    [['-h'], 'help'],
    [['--version'], 'version'],
  ])('%j starts no server', (args, kind) => {
    expect(readNodeCommand(args, { PORT: 'abc' })).toEqual({ kind });
  });

  it.each([
    [['--port', '1'], 'unknown flag --port (see --help)'],
    [['--hepl'], 'unknown flag --hepl (did you mean --help? see --help)'],
    [['3100'], 'unexpected argument "3100" (see --help)'],
  ])('%j is refused', (args, message) => {
    expect(() => readNodeCommand(args, {})).toThrow(message);
  });
});
