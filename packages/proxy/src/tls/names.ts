import type { NamedTls } from '../options/tls.js';

/** Finds by name in nginx's order: exact names, wildcards before, wildcards behind, expressions. */
export class TlsNames<T> {
  readonly #exact = new Map<string, T>();
  readonly #suffixes: { readonly text: string; readonly value: T }[] = [];
  readonly #prefixes: { readonly text: string; readonly value: T }[] = [];
  readonly #expressions: { readonly matches: (name: string) => boolean; readonly value: T }[] = [];

  /** @param valueOf what a server is found as */
  constructor(named: readonly NamedTls[], valueOf: (server: NamedTls) => T) {
    for (const server of named) {
      const value = valueOf(server);
      for (const name of server.names) this.#add(name, value);
      for (const matches of server.expressions ?? []) this.#expressions.push({ matches, value });
    }
    this.#suffixes.sort((a, b) => b.text.length - a.text.length);
    this.#prefixes.sort((a, b) => b.text.length - a.text.length);
  }

  #add(name: string, value: T): void {
    if (name.endsWith('.*')) this.#prefixes.push({ text: name.slice(0, -1), value });
    else if (name.startsWith('*.')) this.#suffixes.push({ text: name.slice(1), value });
    else {
      const exact = name.startsWith('.') ? name.slice(1) : name;
      if (exact !== name) this.#suffixes.push({ text: name, value });
      // Of two servers of one name the first has it.
      if (!this.#exact.has(exact)) this.#exact.set(exact, value);
    }
  }

  /** @param name as `sentName` returns it */
  find(name: string): T | undefined {
    const exact = this.#exact.get(name);
    if (exact !== undefined) return exact;
    for (const { text, value } of this.#suffixes) if (name.endsWith(text)) return value;
    for (const { text, value } of this.#prefixes) if (name.startsWith(text)) return value;
    return this.#expressions.find(({ matches }) => matches(name))?.value;
  }
}

/**
 * The name of a handshake as names are compared: lower case, without the last dot.
 *
 * @returns undefined for one that no host can have, with which nginx does as without one
 */
export function sentName(given: string | undefined): string | undefined {
  const name = given?.toLowerCase().replace(/\.$/, '');
  return name === undefined || name === '' || /[\0-\x20/\x7f]|\.\./.test(name) ? undefined : name;
}
