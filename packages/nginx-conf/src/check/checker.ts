import { ConfError, ConfWarning } from '../text/error.js';
import type { Place } from '../text/error.js';
import type { Context, Site, Spec } from '../declare/directive.js';
import { REASONS } from '../directives/refused.js';
import { specsNamed } from '../directives/table.js';
import { MimeTypes } from '../directives/types.js';
import type { LogFormat } from '../values/log-format.js';
import { VariableMap } from '../values/map.js';
import type { Directive, Visitor } from '../text/parse.js';
import { Regex } from '../values/regex.js';
import { Scope } from '../declare/scope.js';
import type { Entry } from '../declare/scope.js';
import { findCycle, Variables } from '../values/user-variables.js';
import { ComplexValue } from '../values/value.js';

/** A block that is being read. */
interface Level {
  readonly scope: Scope;
  /** The directive that opened it; undefined for the main level. */
  readonly entry: Entry | undefined;
  /** True when its lines are data for the directive that opened it. */
  readonly isFreeForm: boolean;
}

const CONTEXTS: ReadonlySet<string> = new Set<Context>(['main', 'events', 'http', 'server', 'location', 'upstream']);

/** Returns whether a directive takes this number of arguments. */
export function suits({ args }: Spec, count: number): boolean {
  if (args === 'flag') return count === 1;
  return typeof args === 'number' ? count === args : count >= args[0] && count <= args[1];
}

/**
 * Checks each directive against the table as soon as it is parsed, and keeps its meaning. What depends on all of `http`
 * is checked at its end, as in nginx.
 */
export class Checker implements Visitor {
  readonly variables = new Variables();
  readonly warnings: ConfWarning[] = [];
  readonly main: Scope;
  readonly #levels: Level[];
  readonly #logFormats = new Map<string, LogFormat>();
  readonly #claims = new Set<string>();
  readonly #later: (() => void)[] = [];
  readonly #maps = new Map<string, VariableMap>();

  readonly #onWarning: ((warning: ConfWarning) => void) | undefined;

  /** @param onWarning called with every warning as soon as it is found, since a later error ends the checking */
  constructor(onWarning?: (warning: ConfWarning) => void) {
    this.#onWarning = onWarning;
    this.main = new Scope('main', undefined, undefined, (directive, scope) => this.#site(directive, scope, directive));
    this.#levels = [{ scope: this.main, entry: undefined, isFreeForm: false }];
  }

  enter(directive: Directive, hasBlock: boolean): void {
    const level = this.#levels.at(-1);
    if (level === undefined) return;
    if (level.isFreeForm) {
      if (hasBlock) throw new ConfError('unexpected "{"', directive);
      level.entry?.spec.line(level.entry.value, directive);
      return;
    }
    const { scope } = level;
    const spec = this.#spec(directive, hasBlock, scope.context);
    if (!spec.repeats && scope.has(spec)) throw new ConfError(`"${spec.name}" directive is duplicate`, directive);
    const site = this.#site(directive, scope, directive);
    const value = spec.read(directive.args, site);
    if (spec.accepted !== undefined && this.claim('no effect', spec.name)) {
      site.warn(`the "${spec.name}" directive has no effect in pinwheel`);
    }
    this.#open({ spec, directive, value, scope: undefined }, scope);
  }

  leave(directive: Directive, end: Place): void {
    const entry = this.#levels.pop()?.entry;
    const outer = this.#levels.at(-1)?.scope;
    if (entry === undefined || outer === undefined) return;
    if (entry.value instanceof MimeTypes) {
      for (const { message, place } of entry.value.duplicates.splice(0)) this.#warn(message, place);
    }
    entry.spec.close(entry, this.#site(directive, outer, end));
    if (entry.spec.opens === 'http') this.#settle();
  }

  /** Checks after the last directive that nothing is missing. */
  finish(): void {
    this.#settle();
    if (!this.main.entries.some(({ spec }) => spec.name === 'events')) {
      throw new ConfError('no "events" section in configuration');
    }
  }

  /** Resolves what is only known at the end of `http`: names and variables may be declared after their use. */
  #settle(): void {
    for (const check of this.#later.splice(0)) check();
    this.variables.link();
    const cycle = findCycle(new Map([...this.#maps].map(([name, map]) => [name, map.uses])));
    if (cycle !== undefined) {
      throw new ConfError(`cycle while evaluating variable "${cycle.variables.join('", "')}"`, cycle.place);
    }
  }

  claim(kind: string, name: string): boolean {
    const key = `${kind}\0${name}`;
    if (this.#claims.has(key)) return false;
    this.#claims.add(key);
    return true;
  }

  #spec(directive: Directive, hasBlock: boolean, context: Context): Spec {
    const { name, args } = directive;
    const reason = REASONS.get(name);
    if (reason !== undefined) {
      throw new ConfError(`directive "${name}" is not served by pinwheel: ${reason}`, directive);
    }
    const specs = specsNamed(name);
    if (specs.length === 0) throw new ConfError(`unknown directive "${name}"`, directive);
    const spec = specs.find(({ contexts }) => contexts.includes(context));
    if (spec === undefined) throw new ConfError(`"${name}" directive is not allowed here`, directive);
    if (spec.opens === undefined && hasBlock) {
      throw new ConfError(`directive "${name}" is not terminated by ";"`, directive);
    }
    if (spec.opens !== undefined && !hasBlock) {
      throw new ConfError(`directive "${name}" has no opening "{"`, directive);
    }
    if (!suits(spec, args.length)) {
      throw new ConfError(`invalid number of arguments in "${name}" directive`, directive);
    }
    return spec;
  }

  #open(entry: Entry, scope: Scope): void {
    const { opens } = entry.spec;
    if (opens === undefined) {
      scope.add(entry);
      return;
    }
    if (!CONTEXTS.has(opens)) {
      scope.add(entry);
      this.#levels.push({ scope, entry, isFreeForm: true });
      if (entry.value instanceof VariableMap) this.#maps.set(entry.value.variable.toLowerCase(), entry.value);
      return;
    }
    const inner = new Scope(opens as Context, scope, entry, scope.site);
    const opened = { ...entry, scope: inner };
    scope.add(opened);
    this.#levels.push({ scope: inner, entry: opened, isFreeForm: false });
  }

  #warn(message: string, place: Place): void {
    const warning = new ConfWarning(message, place.file, place.line);
    this.warnings.push(warning);
    this.#onWarning?.(warning);
  }

  #site({ name }: Directive, scope: Scope, { file, line }: Place): Site {
    const place = { file, line };
    return {
      name,
      place,
      scope,
      variables: this.variables,
      logFormats: this.#logFormats,
      claim: (kind, key) => this.claim(kind, key),
      fail: (message) => {
        throw new ConfError(message, place);
      },
      reject: (why) => {
        throw new ConfError(`"${name}" directive ${why}`, place);
      },
      warn: (message) => this.#warn(message, place),
      later: (check) => this.#later.push(check),
      complex: (source) => this.variables.add(new ComplexValue(source, place)),
      regex: (source, caseless) => new Regex(source, caseless, this.variables, place),
    };
  }
}
