/** Why a name was not added: `conflict`, it had been added before; `invalid`, it is neither a name nor a wildcard. */
export type NotAdded = 'conflict' | 'invalid';

/**
 * The lookup of a name as nginx does it in `server_name`, in the handshake of TLS and in a `map` with `hostnames`. A name
 * is `www.example.com`, `*.example.com`, `.example.com` (the name itself and all below it) or `www.example.*`; case does
 * not matter. The order is: the exact name, the longest wildcard in front, the longest wildcard at the end, then the
 * expressions in the order in which they were added. Of two equal names the first one counts.
 *
 * @typeParam T the value of a name
 * @typeParam F what an expression gets besides the name
 *
 * @example
 * const names = new ServerNames<string>();
 * names.add('*.example.com', 'wildcard');
 * names.findName('www.example.com'); // 'wildcard'
 */
export class ServerNames<T, F = undefined> {
  readonly #exact = new Map<string, T>();
  /** Wildcards in front, by what follows the `*.`. */
  readonly #below = new Map<string, T>();
  /** Wildcards at the end, by what precedes the `.*`. */
  readonly #above = new Map<string, T>();
  readonly #expressions: { readonly matches: (name: string, facts: F) => boolean; readonly value: T }[] = [];

  /**
   * Adds a name. @param wildcards false: `*` and a leading dot are ordinary characters
   *
   * @returns undefined when the name was added
   */
  add(name: string, value: T, wildcards = true): NotAdded | undefined {
    const key = name.toLowerCase();
    if (!wildcards) return addOnce(this.#exact, key, value);
    const stars = key.split('*').length - 1;
    if (stars > 1 || key.includes('..') || key.includes('\0')) return 'invalid';
    if (key.length > 1 && key.startsWith('.')) {
      const rest = key.slice(1);
      if (this.#exact.has(rest)) return 'conflict';
      const conflict = addOnce(this.#below, rest, value);
      if (conflict === undefined) this.#exact.set(rest, value);
      return conflict;
    }
    if (key.length > 2) {
      if (key.startsWith('*.')) return addOnce(this.#below, key.slice(2), value);
      if (key.endsWith('.*')) return addOnce(this.#above, key.slice(0, -2), value);
    }
    return stars > 0 ? 'invalid' : addOnce(this.#exact, key, value);
  }

  /** Adds a regular expression; it is tried after those that were added before it. */
  addExpression(matches: (name: string, facts: F) => boolean, value: T): void {
    this.#expressions.push({ matches, value });
  }

  /**
   * The value of a name; undefined when neither a name nor an expression matches.
   *
   * @param name lower case, without a dot at the end
   * @param facts called only when no name matches and there are expressions, which are not tried on the name ''
   */
  find(name: string, facts: () => F): T | undefined {
    const named = this.findName(name);
    if (named !== undefined || name === '' || this.#expressions.length === 0) return named;
    const given = facts();
    return this.#expressions.find(({ matches }) => matches(name, given))?.value;
  }

  /** Like `find`, without the expressions. */
  findName(name: string): T | undefined {
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

function addOnce<T>(map: Map<string, T>, key: string, value: T): NotAdded | undefined {
  if (map.has(key)) return 'conflict';
  map.set(key, value);
  return undefined;
}
