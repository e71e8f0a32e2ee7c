import { integer, type Kind, parseAddress, UsageError, wrongValue } from '@pinwheel/cli';
import { isTag } from '@pinwheel/protocol';
import type { GivenPeer } from '@pinwheel/proxy';

/** The longest delay of a timer. */
const MAX_MS = 2_147_483_647;
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const TIME = /^(\d{1,10})(ms|s|m|h|d)?$/;
const COUNT = integer(0, Number.MAX_SAFE_INTEGER);
const WEIGHT = integer(1, 65_535);

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * One peer: `host:port`, then nginx's parameters of `server`, each behind a semicolon:
 * `app1:3100;weight=2;max_fails=3;fail_timeout=5s;max_conns=100;backup;down;drain;route=TAG`.
 */
export const PEER: Kind<GivenPeer> = {
  placeholder: 'PEER',
  read(flag, text) {
    const [first = '', ...parameters] = text.split(';');
    const address = parseAddress(first.trim());
    if (address === undefined || address.port === 0) throw wrongValue(flag, 'host:port', first);
    const peer: Writable<GivenPeer> = { ...address };
    for (const parameter of parameters) {
      const at = parameter.indexOf('=');
      const name = (at < 0 ? parameter : parameter.slice(0, at)).trim();
      readParameter(peer, flag, name, at < 0 ? undefined : parameter.slice(at + 1).trim());
    }
    return peer;
  },
};

function readParameter(peer: Writable<GivenPeer>, flag: string, name: string, value: string | undefined): void {
  const what = `${flag} ${name}`;
  if (name === 'backup' || name === 'down' || name === 'drain') {
    if (value !== undefined) throw new UsageError(`${what} takes no value, got ${JSON.stringify(value)}`);
    peer[name] = true;
    return;
  }
  const given = value ?? '';
  switch (name) {
    case 'weight':
      peer.weight = WEIGHT.read(what, given);
      return;
    case 'max_fails':
      peer.maxFails = COUNT.read(what, given);
      return;
    case 'max_conns':
      peer.maxConns = COUNT.read(what, given);
      return;
    case 'fail_timeout':
      peer.failTimeout = readTime(what, given);
      return;
    case 'route':
      if (!isTag(given)) throw wrongValue(what, 'a node tag of 1 to 64 characters A-Z a-z 0-9 _ -', given);
      peer.route = given;
      return;
    default:
      throw wrongValue(
        flag,
        'a parameter weight=, max_fails=, fail_timeout=, max_conns=, route=, backup, down or drain',
        name,
      );
  }
}

/** Reads nginx's form of a time, a number with `ms`, `s`, `m`, `h` or `d`, or seconds without; in milliseconds. */
function readTime(what: string, text: string): number {
  const [, number, unit = 's'] = TIME.exec(text) ?? [];
  const ms = Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS];
  if (!(ms >= 1 && ms <= MAX_MS)) throw wrongValue(what, 'a time such as 10s or 500ms', text);
  return ms;
}
