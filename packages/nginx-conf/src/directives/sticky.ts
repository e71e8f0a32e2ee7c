import { invalidParameter, parameter } from '../declare/arguments.js';
import type { Site } from '../declare/directive.js';
import { parseSeconds } from '../text/units.js';
import type { ComplexValue } from '../values/value.js';
import { zoneSize } from './core.js';

/** `sticky`: how the requests of one client reach the same peer. */
export type Sticky =
  | {
      readonly kind: 'cookie';
      readonly name: string;
      /** Lifetime of the cookie in seconds; `max` is until 2037; undefined ends with the browser's session. */
      readonly expires: number | 'max' | undefined;
      readonly domain: ComplexValue | undefined;
      readonly path: ComplexValue | undefined;
      readonly httpOnly: boolean;
      readonly secure: boolean;
      /** `strict`, `lax`, `none`, or a variable with one of these values. */
      readonly sameSite: ComplexValue | undefined;
    }
  /** The first value that is not empty names the peer by its `route`. */
  | { readonly kind: 'route'; readonly values: readonly ComplexValue[] }
  | {
      readonly kind: 'learn';
      /** The id of a new session is the first of these values that is not empty. */
      readonly create: readonly ComplexValue[];
      /** The id in later requests is the first of these values that is not empty. */
      readonly lookup: readonly ComplexValue[];
      readonly zone: { readonly name: string; readonly size: number };
      /** Milliseconds without a request after which a session is forgotten. */
      readonly timeout: number;
      /** Learn as soon as the head of the response has arrived. */
      readonly header: boolean;
    };

function readCookie([name = '', ...rest]: readonly string[], site: Site): Sticky {
  let expires: number | 'max' | undefined;
  let domain: ComplexValue | undefined;
  let path: ComplexValue | undefined;
  let sameSite: ComplexValue | undefined;
  let httpOnly = false;
  let secure = false;
  for (const arg of rest) {
    const [, key = '', value = ''] = /^([a-z]+)=(.*)$/s.exec(arg) ?? [];
    if (key === 'expires') expires = value === 'max' ? 'max' : (parseSeconds(value) ?? invalidParameter(arg, site));
    else if (key === 'domain') domain = site.complex(value);
    else if (key === 'path') path = site.complex(value);
    else if (key === 'samesite') {
      if (!/^(?:strict|lax|none|\$.*)$/is.test(value)) invalidParameter(arg, site);
      sameSite = site.complex(value);
    } else if (arg === 'httponly') httpOnly = true;
    else if (arg === 'secure') secure = true;
    else invalidParameter(arg, site);
  }
  return { kind: 'cookie', name, expires, domain, path, httpOnly, secure, sameSite };
}

function readLearn(args: readonly string[], site: Site): Sticky {
  const create: ComplexValue[] = [];
  const lookup: ComplexValue[] = [];
  let zone: { readonly name: string; readonly size: number } | undefined;
  let timeout = 600_000;
  let header = false;
  for (const arg of args) {
    const created = parameter(arg, 'create');
    const looked = parameter(arg, 'lookup');
    const shared = parameter(arg, 'zone');
    const time = parameter(arg, 'timeout');
    if (created !== undefined) create.push(site.complex(created));
    else if (looked !== undefined) lookup.push(site.complex(looked));
    else if (shared !== undefined) {
      const [, name, given = ''] = /^([^:]+):(.*)$/s.exec(shared) ?? [];
      if (name === undefined) return invalidParameter(arg, site);
      const size = zoneSize(given);
      if (size === 'invalid') return site.fail(`invalid zone size "${given}"`);
      if (size === 'small') return site.fail(`zone "${name}" is too small`);
      zone = { name, size };
    } else if (time !== undefined) timeout = 1_000 * (parseSeconds(time) ?? invalidParameter(arg, site));
    else if (arg === 'header') header = true;
    else if (arg === 'sync') site.fail('the "sync" parameter of the "sticky" directive is not served by pinwheel');
    else invalidParameter(arg, site);
  }
  if (create.length === 0 || lookup.length === 0 || zone === undefined) {
    return site.fail('"sticky learn" must have "create", "lookup" and "zone" parameters');
  }
  return { kind: 'learn', create, lookup, zone, timeout, header };
}

/** `sticky cookie NAME ...`, `sticky route $variable ...`, `sticky learn create= lookup= zone= ...`. */
export function readSticky([kind = '', ...rest]: readonly string[], site: Site): Sticky {
  if (kind === 'cookie') return readCookie(rest, site);
  if (kind === 'learn') return readLearn(rest, site);
  if (kind !== 'route') return invalidParameter(kind, site);
  const values = rest.map((value) => {
    const compiled = site.complex(value);
    return compiled.isConstant ? invalidParameter(value, site) : compiled;
  });
  return { kind: 'route', values };
}
