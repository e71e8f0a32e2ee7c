/**
 * The query of an Engine.IO request, read as Engine.IO reads it: names and values are form-decoded, and of several
 * parameters of one name the last counts (`Object.fromEntries(url.searchParams)` in engine.io/lib/server.ts).
 *
 * It works on the request target as it came, because a balancer does this for every polling request: nothing but the
 * value is cut out of a target whose names are not percent-encoded.
 */

/** A parameter of the Engine.IO protocol: the revision, the transport, and the session once it is open. */
export type EngineParameter = 'EIO' | 'transport' | 'sid';

/**
 * The value of an Engine.IO parameter in a request target.
 *
 * @returns the last value; empty for a parameter without one; undefined when the parameter is absent
 * @example engineParameter('/socket.io/?EIO=4&sid=a&sid=b', 'sid') // 'b'
 */
export function engineParameter(target: string, name: EngineParameter): string | undefined {
  const query = target.indexOf('?');
  if (query < 0) return undefined;
  if ((target.includes('%') || target.includes('#')) && UNUSUAL.test(target)) return unusualParameter(target, name);
  let value: number | undefined;
  for (let at = target.indexOf(name, query + 1); at >= 0; at = target.indexOf(name, at + 1)) {
    const before = target.charCodeAt(at - 1);
    if (before !== AMPERSAND && !(before === QUESTION_MARK && at - 1 === query)) continue;
    const after = at + name.length;
    const next = after === target.length ? AMPERSAND : target.charCodeAt(after);
    if (next === EQUALS || next === AMPERSAND) value = after;
  }
  if (value === undefined) return undefined;
  const end = target.indexOf('&', value);
  return formDecoded(target.slice(value + 1, end < 0 ? target.length : end));
}

/** A fragment, or a parameter whose name is percent-encoded. */
const UNUSUAL = /#|[?&][^=&]*%/;

function unusualParameter(target: string, name: EngineParameter): string | undefined {
  const [beforeFragment = ''] = target.split('#', 1);
  const query = beforeFragment.indexOf('?');
  if (query < 0) return undefined;
  return new URLSearchParams(beforeFragment.slice(query)).getAll(name).at(-1);
}

/** Engine.IO's own ids need no decoding: they are returned as they are. */
function formDecoded(value: string): string {
  if (!value.includes('%') && !value.includes('+')) return value;
  return new URLSearchParams(`v=${value}`).get('v') ?? '';
}

/** The session that a request names, as Engine.IO understands it; empty for none. */
export function sidOf(target: string): string {
  return engineParameter(target, 'sid') ?? '';
}

/**
 * True for a request that opens an Engine.IO session on a server whose path is `enginePath` (ends with `/`): it names a
 * transport and no session. Requests for the client bundle, below the same path, name no transport.
 */
export function opensSession(target: string, enginePath: string): boolean {
  return target.startsWith(enginePath) && engineParameter(target, 'transport') !== undefined && sidOf(target) === '';
}

const EQUALS = 0x3d;
const AMPERSAND = 0x26;
const QUESTION_MARK = 0x3f;
