import { isTag } from '@pinwheel/protocol';
import type { GivenPeer } from '@pinwheel/proxy';
import { parseAddress } from './address.js';
import { readInteger } from './flags.js';
import { UsageError } from './usage-error.js';

const FLAG = '--upstream';
const MAX_MS = 2_147_483_647;
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const TIME = /^(\d{1,10})(ms|s|m|h|d)?$/;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Reads one peer: `host:port`, then nginx's `server` parameters, each behind a semicolon:
 * `app1:3100;weight=2;max_fails=3;fail_timeout=5s;max_conns=100;backup;down;drain;route=TAG`.
 *
 * @throws UsageError for anything else
 */
export function readPeer(text: string): GivenPeer {
  const [first = '', ...parameters] = text.split(';');
  const address = parseAddress(first.trim());
  if (address === undefined || address.port === 0) throw new UsageError(FLAG, 'host:port', first);
  const peer: Writable<GivenPeer> = { ...address };
  for (const parameter of parameters) {
    const at = parameter.indexOf('=');
    const name = (at < 0 ? parameter : parameter.slice(0, at)).trim();
    readParameter(peer, name, at < 0 ? undefined : parameter.slice(at + 1).trim());
  }
  return peer;
}

function readParameter(peer: Writable<GivenPeer>, name: string, value: string | undefined): void {
  const flag = `${FLAG} ${name}`;
  if (name === 'backup' || name === 'down' || name === 'drain') {
    if (value !== undefined) throw new UsageError(flag, 'no value', value);
    peer[name] = true;
    return;
  }
  const given = value ?? '';
  switch (name) {
    case 'weight':
      peer.weight = readInteger(flag, given, 1, 65_535);
      return;
    case 'max_fails':
      peer.maxFails = readInteger(flag, given, 0, Number.MAX_SAFE_INTEGER);
      return;
    case 'max_conns':
      peer.maxConns = readInteger(flag, given, 0, Number.MAX_SAFE_INTEGER);
      return;
    case 'fail_timeout':
      peer.failTimeout = readTime(flag, given);
      return;
    case 'route':
      if (!isTag(given)) throw new UsageError(flag, 'a node tag of 1 to 64 characters A-Z a-z 0-9 _ -', given);
      peer.route = given;
      return;
    default:
      throw new UsageError(
        FLAG,
        'a parameter weight=, max_fails=, fail_timeout=, max_conns=, route=, backup, down or drain',
        name,
      );
  }
}

/** nginx's time: a number with `ms`, `s`, `m`, `h` or `d`; seconds without. In milliseconds. */
function readTime(flag: string, text: string): number {
  const [, number, unit = 's'] = TIME.exec(text) ?? [];
  const ms = Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS];
  if (!(ms >= 1 && ms <= MAX_MS)) throw new UsageError(flag, 'a time such as 10s or 500ms', text);
  return ms;
}
