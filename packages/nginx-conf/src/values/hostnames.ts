/** Why a name could not be added: it is there already, or it is no name or wildcard. */
export type NotAdded = 'conflict' | 'invalid';

/**
 * Names with wildcards as `server_name` and `map` with `hostnames` have them: `www.example.com`, `*.example.com`,
 * `.example.com` (both the name and what is below it), `www.example.*`. Lookup order as nginx: the exact name, the
 * longest wildcard in front, the longest wildcard at the end. Names are compared without case.
 */
export class Hostnames<T> {
  readonly #exact = new Map<string, T>();
  readonly #below = new Map<string, T>();
  readonly #above = new Map<string, T>();

  /** @param wildcards false takes every name as it stands */
  add(name: string, value: T, wildcards = true): NotAdded | undefined {
    const key = name.toLowerCase();
    if (!wildcards) return set(this.#exact, key, value);
    const stars = key.split('*').length - 1;
    if (stars > 1 || key.includes('..') || key.includes('\0')) return 'invalid';
    if (key.length > 1 && key.startsWith('.')) {
      const rest = key.slice(1);
      if (this.#exact.has(rest)) return 'conflict';
      const conflict = set(this.#below, rest, value);
      if (conflict === undefined) this.#exact.set(rest, value);
      return conflict;
    }
    if (key.length > 2) {
      if (key.startsWith('*.')) return set(this.#below, key.slice(2), value);
      if (key.endsWith('.*')) return set(this.#above, key.slice(0, -2), value);
    }
    return stars > 0 ? 'invalid' : set(this.#exact, key, value);
  }

  /** @param name lower case */
  find(name: string): T | undefined {
    const exact = this.#exact.get(name);
    if (exact !== undefined) return exact;
    if (this.#below.size > 0) {
      for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
        const found = this.#below.get(name.slice(dot + 1));
        if (found !== undefined) return found;
      }
    }
    if (this.#above.size > 0) {
      for (let dot = name.lastIndexOf('.'); dot >= 0; dot = dot === 0 ? -1 : name.lastIndexOf('.', dot - 1)) {
        const found = this.#above.get(name.slice(0, dot));
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }
}

function set<T>(map: Map<string, T>, key: string, value: T): NotAdded | undefined {
  if (map.has(key)) return 'conflict';
  map.set(key, value);
  return undefined;
}
