import { ConfError } from '../text/error.js';
import type { Place } from '../text/error.js';
import type { ComplexValue, Getter } from './value.js';
import { builtin, isSteadyBuiltin, VARIABLES, VARIABLES_NOT_SERVED } from './variables.js';

interface Slot {
  readonly index: number;
  readonly getter: Getter;
  /** Of a map: made when the request first asks. */
  fill?: ((slot: number) => Getter) | undefined;
  /** Given a value by something else than a map. */
  isAssigned: boolean;
  isSteady?: (() => boolean) | undefined;
  linked?: Getter;
}

/** What is compiled when the whole configuration is known. */
interface Pending {
  readonly place: Place;
  link(resolve: (name: string) => Getter, isSteady: (name: string) => boolean): void;
}

/**
 * The variables of one configuration: nginx's own, and those made by `set`, `map` and named groups. The latter have a
 * slot each in every request (`Facts.variable`). Names are case-insensitive.
 */
export class Variables {
  readonly #own = new Map<string, Slot>();
  readonly #pending: Pending[] = [];
  #isLinked = false;

  /** Slots that a request must have. */
  get slots(): number {
    return this.#own.size;
  }

  /**
   * Declares a variable, or finds it when it is declared already.
   *
   * @param name without `$`
   * @param unset what it is before it is given a value: '' for `set`, undefined for a named group
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
    // nginx lets `set` change its $args and $limit_rate; here they are no more changeable than the others.
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
   * Declares a variable whose value is computed while it has none, as that of a map. The last one given counts.
   *
   * @param isSteady what it is computed from is; see `isSteady`. Asked when all is linked
   */
  compute(name: string, place: Place, fill: (slot: number) => Getter, isSteady?: () => boolean): void {
    const slot = this.#slot(name, place);
    slot.fill = fill;
    slot.isSteady = isSteady;
  }

  /** The variable depends on nothing but the connection, the server and the fields of the request. */
  isSteady(name: string): boolean {
    const own = this.#own.get(name);
    if (own === undefined) return isSteadyBuiltin(name);
    return !own.isAssigned && own.isSteady?.() === true;
  }

  /** Has `pending` compiled by `link`, at once when that has been. */
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

/** Cycles among maps: a value that needs itself. nginx finds them when a request comes; here they are no configuration. */
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
