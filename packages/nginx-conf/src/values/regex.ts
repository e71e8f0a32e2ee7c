import { ConfError } from '../text/error.js';
import type { Place } from '../text/error.js';
import type { Facts } from '@pinwheel/proxy';
import { compilePattern, PatternError } from './pattern.js';
import type { Pattern } from './pattern.js';
import type { Variables } from './user-variables.js';

/** A regular expression of a location, server name, map or redirect; its named groups are variables. */
export class Regex {
  readonly #pattern: Pattern;
  readonly #slots: readonly { readonly group: number; readonly slot: number }[];

  /** @throws ConfError in PCRE's words */
  constructor(
    readonly source: string,
    readonly caseless: boolean,
    variables: Variables,
    place: Place,
  ) {
    try {
      this.#pattern = compilePattern(source, caseless);
    } catch (error) {
      if (error instanceof PatternError) throw new ConfError(error.message, place);
      throw error;
    }
    this.#slots = this.#pattern.names.map(({ name, group }) => ({ group, slot: variables.declare(name, place) }));
  }

  get regexp(): RegExp {
    return this.#pattern.regexp;
  }

  /** Matches `subject`; on success the request's `$1` to `$9` and named groups are those of this match. */
  match(subject: string, facts: Facts): boolean {
    const groups = this.#pattern.regexp.exec(subject);
    if (groups === null) return false;
    facts.setCaptures(groups);
    for (const { group, slot } of this.#slots) facts.setVariable(slot, groups[group] ?? '');
    return true;
  }
}
