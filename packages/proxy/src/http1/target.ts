import { ProxyError } from '../errors.js';

/** A path in which nothing has to be decoded, merged or resolved. */
const PLAIN = /^(?:\/(?!\.{0,2}(?:\/|$))[^%/]*)*\/?$/;
const ESCAPE = /%(.{0,2})/gs;

/**
 * The path that locations are compared with (nginx: `$uri`): percent-encoding decoded, `.` and `..` resolved, slashes
 * merged.
 *
 * @param target request target in origin form
 * @returns a byte string
 * @throws ProxyError `bad_target` for a broken escape, a zero byte, or `..` above the root
 */
export function normalPath(target: string): string {
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  if (PLAIN.test(path)) return path;
  return resolveDots(decoded(path), target);
}

function decoded(path: string): string {
  if (!path.includes('%')) return path;
  return path.replace(ESCAPE, (escape, digits: string) => {
    if (!/^[0-9A-Fa-f]{2}$/.test(digits) || digits === '00') throw new ProxyError('bad_target', escape);
    return String.fromCharCode(Number.parseInt(digits, 16));
  });
}

function resolveDots(path: string, target: string): string {
  const parts: string[] = [];
  const given = path.split('/');
  given.shift();
  const last = given.length - 1;
  given.forEach((part, i) => {
    if (part === '..') {
      if (parts.pop() === undefined) throw new ProxyError('bad_target', JSON.stringify(target.slice(0, 80)));
      if (i === last) parts.push('');
    } else if (part === '.' || part === '') {
      if (i === last) parts.push('');
    } else {
      parts.push(part);
    }
  });
  return `/${parts.join('/')}`;
}

/** Percent-encodes a decoded path for a request line. */
export function encodePath(path: string): string {
  return path.replace(
    /[\0-\x20\x7f-\xff"#%<>?\\^`{|}]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** `Host` without port and without the dot of a fully qualified name, in lower case (nginx: `$host`). */
export function hostName(host: string): string {
  // An IPv6 address in brackets contains colons.
  const end = host.startsWith('[') ? host.indexOf(']') + 1 : host.indexOf(':');
  const name = end > 0 ? host.slice(0, end) : host;
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase();
}
