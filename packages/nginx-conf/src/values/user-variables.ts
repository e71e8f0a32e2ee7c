import { ConfError } from '../text/error.js';
import type { Place } from '../text/error.js';
import type { ComplexValue, Getter } from './value.js';
import { builtin, isSteadyBuiltin, VARIABLES, VARIABLES_NOT_SERVED } from './variables.js';

interface Slot {
  readonly index: number;
  readonly getter: Getter;
  /** The variable of a map: computed when a request first reads it. */
  fill?: ((slot: number) => Getter) | undefined;
  /** True when `set` or a named group gives it a value. */
  isAssigned: boolean;
  isSteady?: (() => boolean) | undefined;
  linked?: Getter;
}

/** Something that is compiled when the whole configuration is known. */
interface Pending {
  readonly place: Place;
  link(resolve: (name: string) => Getter, isSteady: (name: string) => boolean): void;
}

/**
 * The variables of one configuration: nginx's own, and those of `set`, `map` and named groups. The latter have one
 * slot each in every request (`Facts.variable`). Names are case-insensitive.
 */
export class Variables {
  readonly #own = new Map<string, Slot>();
  readonly #pending: Pending[] = [];
  #isLinked = false;

  /** Number of slots that a request must have. */
  get slots(): number {
    return this.#own.size;
  }

  /**
   * Declares a variable, or finds it if it is declared.
   *
   * @param name without `$`
   * @param unset its value before it is set: '' for `set`, undefined for a named group
   * @returns its slot
   * @throws ConfError `the duplicate "x" variable` for one of nginx's own
   */
  declare(name: string, place: Place, unset?: ''): number {
    const slot = this.#slot(name, place, unset);
    slot.isAssigned = true;
    return slot.index;
  }

  #slot(name: string, place: Place, unset?: ''): Slot {
    const key = name.toLowerCase();
    // nginx lets `set` change its $args and $limit_rate; here `set` can change none of nginx's own variables.
    if (VARIABLES.has(key) || VARIABLES_NOT_SERVED.has(key)) {
      throw new ConfError(`the duplicate "${key}" variable`, place);
    }
    const known = this.#own.get(key);
    if (known !== undefined) return known;
    const index = this.#own.size;
    const slot: Slot = { index, getter: (facts) => facts.variable(index) ?? unset, isAssigned: false };
    this.#own.set(key, slot);
    return slot;
  }

  /**
   * Declares a variable that is computed while it has no value, such as a map's. The last declaration counts.
   *
   * @param isSteady whether everything it is computed from is steady; called when all is linked
   */
  compute(name: string, place: Place, fill: (slot: number) => Getter, isSteady?: () => boolean): void {
    const slot = this.#slot(name, place);
    slot.fill = fill;
    slot.isSteady = isSteady;
  }

  /** True when the variable depends only on the connection, the server and the header fields of the request. */
  isSteady(name: string): boolean {
    const own = this.#own.get(name);
    if (own === undefined) return isSteadyBuiltin(name);
    return !own.isAssigned && own.isSteady?.() === true;
  }

  /** Compiles `pending` in `link`, or at once after it. */
  add<T extends Pending>(pending: T): T {
    if (this.#isLinked) this.#link(pending);
    else this.#pending.push(pending);
    return pending;
  }

  /** The function of a variable. Undefined when there is no such variable. */
  resolve(name: string): Getter | undefined {
    const own = this.#own.get(name);
    if (own === undefined) return builtin(name);
    own.linked ??= own.fill === undefined ? own.getter : own.fill(own.index);
    return own.linked;
  }

  /**
   * Compiles all values, after the last directive.
   *
   * @throws ConfError `unknown "x" variable` where it is used
   */
  link(): void {
    for (const pending of this.#pending.splice(0)) this.#link(pending);
    this.#isLinked = true;
  }

  #link(pending: Pending): void {
    const resolve = (name: string): Getter => {
      const getter = this.resolve(name);
      if (getter !== undefined) return getter;
      throw new ConfError(
        VARIABLES_NOT_SERVED.has(name)
          ? `the "${name}" variable is not served by pinwheel`
          : `unknown "${name}" variable`,
        pending.place,
      );
    };
    pending.link(resolve, (name) => this.isSteady(name));
  }
}

/** Finds maps that depend on themselves. nginx notices them when a request comes; here they are an error. */
export function findCycle(uses: ReadonlyMap<string, readonly ComplexValue[]>): ComplexValue | undefined {
  const done = new Set<string>();
  const open = new Set<string>();
  const visit = (name: string): ComplexValue | undefined => {
    if (done.has(name)) return undefined;
    open.add(name);
    for (const value of uses.get(name) ?? []) {
      for (const used of value.variables) {
        const found = open.has(used) ? value : visit(used);
        if (found !== undefined) return found;
      }
    }
    open.delete(name);
    done.add(name);
    return undefined;
  };
  for (const name of uses.keys()) {
    const found = visit(name);
    if (found !== undefined) return found;
  }
  return undefined;
}
