import { ConfError } from '../text/error.js';
import type { Place } from '../text/error.js';
import { ServerNames } from '@pinwheel/proxy';
import type { Facts } from '@pinwheel/proxy';
import type { Directive } from '../text/parse.js';
import { Regex } from './regex.js';
import type { Variables } from './user-variables.js';
import { ComplexValue } from './value.js';
import type { Getter } from './value.js';

/**
 * A `map` block: `map $source $variable { ... }`. Its variable is computed when a request first reads it, and kept for
 * that request unless the map is `volatile`.
 */
export class VariableMap {
  readonly #entries: { readonly key: string; readonly value: ComplexValue; readonly place: Place }[] = [];
  readonly #names = new ServerNames<ComplexValue>();
  readonly #regexes: { readonly regex: Regex; readonly value: ComplexValue }[] = [];
  #default: ComplexValue | undefined;
  #hostnames = false;
  #volatile = false;

  constructor(
    readonly source: ComplexValue,
    /** Without `$`. */
    readonly variable: string,
    readonly variables: Variables,
  ) {
    variables.compute(
      variable,
      source.place,
      (slot) => this.#getter(slot),
      () => this.#regexes.length === 0 && this.uses.every(({ isSteady }) => isSteady),
    );
  }

  /**
   * Adds one line of the block.
   *
   * @throws ConfError in nginx's words
   */
  add({ name: key, args, file, line }: Directive): void {
    const place = { file, line };
    const [text] = args;
    if (text === undefined) {
      if (key === 'hostnames') this.#hostnames = true;
      else if (key === 'volatile') this.#volatile = true;
      else throw new ConfError('invalid number of the map parameters', place);
      return;
    }
    if (args.length !== 1) throw new ConfError('invalid number of the map parameters', place);
    const value = this.variables.add(new ComplexValue(text, place));
    this.#entries.push({ key, value, place });
    if (key === 'default') {
      if (this.#default !== undefined) throw new ConfError('duplicate default map parameter', place);
      this.#default = value;
      return;
    }
    if (key.startsWith('~')) {
      const caseless = key.startsWith('~*');
      const regex = new Regex(key.slice(caseless ? 2 : 1), caseless, this.variables, place);
      this.#regexes.push({ regex, value });
      return;
    }
    const literal = key.startsWith('\\') ? key.slice(1) : key;
    const problem = this.#names.add(literal, value, this.#hostnames);
    if (problem === 'conflict') {
      throw new ConfError(`conflicting parameter "${literal.toLowerCase()}"`, place);
    }
    if (problem === 'invalid') throw new ConfError(`invalid hostname or wildcard "${literal}"`, place);
  }

  /** All values that its own value may depend on. */
  get uses(): readonly ComplexValue[] {
    return [this.source, ...this.#entries.map(({ value }) => value)];
  }

  #find(subject: string, facts: Facts): ComplexValue | undefined {
    let name = subject.toLowerCase();
    if (this.#hostnames && name.endsWith('.')) name = name.slice(0, -1);
    return (
      this.#names.findName(name) ??
      this.#regexes.find(({ regex }) => regex.match(subject, facts))?.value ??
      this.#default
    );
  }

  #getter(slot: number): Getter {
    const { source } = this;
    const keep = !this.#volatile;
    return (facts) => {
      const known = facts.variable(slot);
      if (known !== undefined) return known;
      const value = this.#find(source.evaluate(facts), facts)?.evaluate(facts) ?? '';
      if (keep) facts.setVariable(slot, value);
      return value;
    };
  }
}
