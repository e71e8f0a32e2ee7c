import type { GivenUpstream } from '@pinwheel/proxy';
import type { Sticky } from '../directives/sticky.js';
import type { Facts } from '@pinwheel/proxy';
import type { Value } from '../values/value.js';
import { builtin } from '../values/variables.js';

type StickyOptions = NonNullable<GivenUpstream['sticky']>;
type StickyCookie = Extract<Sticky, { kind: 'cookie' }>;

/** Bytes of a zone for one session: nginx keeps about 8,000 in a megabyte. */
const SESSION = 131;
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The `sticky` of an upstream. */
export function stickyOf(sticky: Sticky): StickyOptions {
  switch (sticky.kind) {
    case 'cookie': {
      const get = builtin(`cookie_${sticky.name.toLowerCase()}`);
      return {
        lookup: [(facts) => get?.(facts) ?? ''],
        cookie: { name: sticky.name, attributes: attributesOf(sticky) },
      };
    }
    case 'route':
      return { lookup: sticky.values.map(({ value }) => value) };
    case 'learn':
      return {
        lookup: sticky.lookup.map(({ value }) => value),
        learn: {
          create: sticky.create.map(({ value }) => value),
          timeout: sticky.timeout,
          sessions: Math.ceil(sticky.zone.size / SESSION),
          atHead: sticky.header,
        },
      };
  }
}

/** The attributes behind the cookie's value, in nginx's order. */
function attributesOf({ expires, domain, path, httpOnly, secure, sameSite }: StickyCookie): Value {
  const parts: Value[] = [];
  if (expires === 'max') parts.push('; expires=Thu, 31-Dec-37 23:55:55 GMT; max-age=315360000');
  else if (expires !== undefined) {
    parts.push((facts) => `; expires=${cookieTime(facts.now() + expires * 1_000)}; max-age=${expires}`);
  }
  if (domain !== undefined) parts.push((facts) => named('domain', domain.evaluate(facts)));
  if (httpOnly) parts.push('; httponly');
  if (secure) parts.push('; secure');
  if (sameSite !== undefined) {
    parts.push((facts) => {
      const given = sameSite.evaluate(facts);
      const known = given === '' || /^(?:strict|lax|none)$/i.test(given);
      return named('samesite', known ? given : 'strict');
    });
  }
  if (path !== undefined) parts.push((facts) => named('path', path.evaluate(facts)));
  if (parts.every((part) => typeof part === 'string')) return parts.join('');
  return (facts: Facts) => parts.map((part) => (typeof part === 'string' ? part : part(facts))).join('');
}

function named(attribute: string, value: string): string {
  return value === '' ? '' : `; ${attribute}=${value}`;
}

/** `Wed, 21-Oct-26 07:28:00 GMT`; the year has four digits where two would be ambiguous. */
function cookieTime(milliseconds: number): string {
  const date = new Date(milliseconds);
  const year = date.getUTCFullYear();
  const day = String(date.getUTCDate()).padStart(2, '0');
  const shown = year > 2037 ? String(year) : String(year % 100).padStart(2, '0');
  const time = date.toISOString().slice(11, 19);
  return `${DAYS[date.getUTCDay()] ?? ''}, ${day}-${MONTHS[date.getUTCMonth()] ?? ''}-${shown} ${time} GMT`;
}
