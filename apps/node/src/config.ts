import { ADAPTERS, isAdapterName, isTag } from '@pinwheel/protocol';
import type { AdapterName } from '@pinwheel/protocol';
import { readRedisUrl, RedisUrlError } from '@pinwheel/member';

/** How a node is set up. */
export interface NodeConfig {
  /** Address or name to listen on. */
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** The node's name, such as `Server1`. */
  readonly server: string;
  /** Undefined for a node that shares nothing. */
  readonly redisUrl: string | undefined;
  /** How rooms are shared through Redis. */
  readonly adapter: AdapterName;
  /** The tag in its session ids. Undefined: made of where it listens. */
  readonly tag: string | undefined;
  /** Pages may do things to the nodes and to Redis. */
  readonly controls: boolean;
}

/** A setting that cannot be used; the message is one line for the person who set it. */
export class ConfigError extends Error {
  readonly code = 'bad_setting';
  override name = 'ConfigError';
}

/**
 * Reads a node's settings: `PORT` (3100), `HOST` (127.0.0.1), `SERVER_NAME` (Server1), `REDIS_URL`
 * (redis://127.0.0.1:6379; empty for none), `ADAPTER` (redis), `NODE_TAG` (none), `CONTROLS` (0; 1 lets pages kill, drain
 * and so on).
 *
 * @throws ConfigError (code `bad_setting`) naming the variable, what was expected and what came, but never a password
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): NodeConfig {
  return Object.freeze({
    host: text(env, 'HOST', '127.0.0.1', /^[^\s/]{1,255}$/, 'an address or host name'),
    port: port(env['PORT']),
    server: text(env, 'SERVER_NAME', 'Server1', /^[A-Za-z0-9._-]{1,64}$/, '1 to 64 characters A-Z a-z 0-9 . _ -'),
    redisUrl: redisUrl(env['REDIS_URL']),
    adapter: adapter(env['ADAPTER']),
    tag: tag(env['NODE_TAG']),
    controls: controls(env['CONTROLS']),
  });
}

function text(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  otherwise: string,
  form: RegExp,
  expected: string,
): string {
  const given = env[name];
  if (given === undefined) return otherwise;
  if (!form.test(given)) throw new ConfigError(`${name}: expected ${expected}, got ${JSON.stringify(given)}`);
  return given;
}

function port(given: string | undefined): number {
  if (given === undefined) return 3100;
  if (!/^\d{1,5}$/.test(given) || Number(given) > 65_535) {
    throw new ConfigError(`PORT: expected a port number from 0 to 65535, got ${JSON.stringify(given)}`);
  }
  return Number(given);
}

function redisUrl(given: string | undefined): string | undefined {
  if (given === '') return undefined;
  const url = given ?? 'redis://127.0.0.1:6379';
  try {
    readRedisUrl(url);
  } catch (error) {
    if (error instanceof RedisUrlError) throw new ConfigError(`REDIS_URL: ${error.message}`);
    throw error;
  }
  return url;
}

function controls(given: string | undefined): boolean {
  if (given === undefined || given === '' || given === '0') return false;
  if (given === '1') return true;
  throw new ConfigError(`CONTROLS: expected 0 or 1, got ${JSON.stringify(given)}`);
}

function adapter(given: string | undefined): AdapterName {
  if (given === undefined || given === '') return 'redis';
  if (isAdapterName(given)) return given;
  throw new ConfigError(`ADAPTER: expected one of ${ADAPTERS.join(', ')}, got ${JSON.stringify(given)}`);
}

function tag(given: string | undefined): string | undefined {
  if (given === undefined || given === '') return undefined;
  if (!isTag(given)) {
    throw new ConfigError(`NODE_TAG: expected 1 to 64 characters A-Z a-z 0-9 _ -, got ${JSON.stringify(given)}`);
  }
  return given;
}
