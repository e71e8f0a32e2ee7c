import { type Address, parseAddress } from './address.js';
import type { Kind } from './settings.js';
import { UsageError, wrongValue } from './usage-error.js';

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number, placeholder = 'N'): Kind<number> {
  return {
    placeholder,
    read(name, given) {
      const number = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
      if (!(number >= min && number <= max)) throw wrongValue(name, `a whole number from ${min} to ${max}`, given);
      return number;
    },
  };
}

/** A TCP port; 0 stands for any free one. */
export const PORT: Kind<number> = integer(0, 65_535, 'PORT');

/** A number above 0 and up to `max`, which may have a fraction. */
export function positive(max: number): Kind<number> {
  return {
    placeholder: 'N',
    read(name, given) {
      const number = /^\d{1,9}(\.\d{1,9})?$/.test(given) ? Number(given) : Number.NaN;
      if (!(number > 0 && number <= max)) throw wrongValue(name, `a number above 0 and up to ${max}`, given);
      return number;
    },
  };
}

/** One of a few words. */
export function word<const T extends string>(words: readonly T[], placeholder = 'NAME'): Kind<T> {
  return {
    placeholder,
    read(name, given) {
      const found = words.find((one) => one === given);
      if (found === undefined) throw wrongValue(name, `one of ${words.join(', ')}`, given);
      return found;
    },
  };
}

/** A text of a certain form; any text by default. */
export function text(placeholder: string, form?: RegExp, expected = 'a text'): Kind<string> {
  return {
    placeholder,
    read(name, given) {
      if (form?.test(given) === false) throw wrongValue(name, expected, given);
      return given;
    },
  };
}

/** An address or host name to listen on; an IPv6 address may stand in brackets. */
export const HOST: Kind<string> = {
  placeholder: 'HOST',
  read(name, given) {
    const host = /^\[(.+)\]$/.exec(given)?.[1] ?? given;
    if (!/^[^\s/[\]]{1,255}$/.test(host)) throw wrongValue(name, 'an address or host name', given);
    return host;
  },
};

/** `0` or `1`, as environment variables switch things off and on. */
export const ZERO_OR_ONE: Kind<boolean> = {
  placeholder: '0|1',
  read(name, given) {
    if (given !== '0' && given !== '1') throw wrongValue(name, '0 or 1', given);
    return given === '1';
  },
};

const TIME_UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const DAY = 86_400_000;

/**
 * A time such as `500ms`, `20s`, `1m30s` or `1h`, in milliseconds; a bare number counts seconds. At most 24 hours.
 *
 * @param minMs milliseconds
 */
export function time(minMs = 0): Kind<number> {
  const expected = `a time such as 500ms, 20s or 1m30s${minMs > 0 ? `, at least ${minMs}ms` : ''}, at most 24h`;
  return {
    placeholder: 'TIME',
    read(name, given) {
      const ms = milliseconds(given);
      if (!(ms >= minMs && ms <= DAY)) throw wrongValue(name, expected, given);
      return ms;
    },
  };
}

function milliseconds(given: string): number {
  if (/^\d{1,6}(\.\d{1,3})?$/.test(given)) return Number(given) * 1_000;
  if (!/^(\d{1,8}(\.\d{1,3})?(ms|s|m|h))+$/.test(given)) return Number.NaN;
  let ms = 0;
  for (const [, number, unit] of given.matchAll(/([\d.]+)(ms|s|m|h)/g)) {
    ms += Number(number) * TIME_UNITS[unit as keyof typeof TIME_UNITS];
  }
  return ms;
}

/** A time as `time` reads it: `20s`, `500ms`. */
export function showTime(ms: number): string {
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}

/** The origin of a Socket.IO server, without a slash at the end; `ws:` and `wss:` become `http:` and `https:`. */
export const SERVER_URL: Kind<string> = {
  placeholder: 'URL',
  read(name, given) {
    const expected = 'a URL such as http://127.0.0.1:3102';
    const url = URL.canParse(given) ? new URL(given) : undefined;
    if (url === undefined || !['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol)) {
      throw wrongValue(name, expected, given);
    }
    if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
      throw wrongValue(name, `${expected}, without a path: Socket.IO's is /socket.io/`, given);
    }
    return `${url.protocol.replace('ws', 'http')}//${url.host}`;
  },
};

/** `PORT`, which is on 127.0.0.1, or `HOST:PORT`. */
export const LISTEN_ADDRESS: Kind<Address> = {
  placeholder: '[HOST:]PORT',
  read(name, given) {
    const address = parseAddress(/^\d+$/.test(given) ? `127.0.0.1:${given}` : given);
    if (address === undefined) throw wrongValue(name, 'PORT or HOST:PORT, the port from 0 to 65535', given);
    return address;
  },
};

/** Several values between commas. */
export function list<T>(one: Kind<T>, placeholder = `${one.placeholder}[,${one.placeholder}...]`): Kind<readonly T[]> {
  return { placeholder, read: (name, given) => given.split(',').map((part) => one.read(name, part.trim())) };
}

/**
 * The kind of a value that another module reads: an error of its class becomes a mistake of the user.
 *
 * @param read throws an error of class `Refused` whose message reads on after `NAME: `
 */
export function readBy<T>(
  placeholder: string,
  read: (given: string) => T,
  Refused: abstract new (...args: never[]) => Error,
): Kind<T> {
  return {
    placeholder,
    read(name, given) {
      try {
        return read(given);
      } catch (error) {
        throw error instanceof Refused ? new UsageError(`${name}: ${error.message}`, { cause: error }) : error;
      }
    },
  };
}
