import type { Place } from '../text/error.js';
import type { Facts } from './facts.js';
import { parseTemplate } from './template.js';
import type { Part } from './template.js';

/** A variable compiled: its value for a request, undefined when the request has none. */
export type Getter = (facts: Facts) => string | undefined;
/** A value compiled: the same for all requests, or made for each. */
export type Value = string | ((facts: Facts) => string);

/** The value for this request. */
export function evaluate(value: Value, facts: Facts): string {
  return typeof value === 'string' ? value : value(facts);
}

function partGetter(part: Exclude<Part, string>, resolve: (name: string) => Getter): Getter {
  if ('variable' in part) return resolve(part.variable);
  const { capture } = part;
  return (facts) => facts.capture(capture);
}

/** Joins the parts; what a request does not have is empty. */
function compileTemplate(parts: readonly Part[], resolve: (name: string) => Getter): Value {
  const pieces = parts.map((part) => (typeof part === 'string' ? part : partGetter(part, resolve)));
  const [first, second] = pieces;
  if (first === undefined) return '';
  if (second === undefined) {
    return typeof first === 'string' ? first : (facts) => first(facts) ?? '';
  }
  if (hasBoth(parts)) return variablesFirst(parts, resolve);
  return (facts) => {
    let out = '';
    for (const piece of pieces) out += typeof piece === 'string' ? piece : (piece(facts) ?? '');
    return out;
  };
}

function hasBoth(parts: readonly Part[]): boolean {
  return (
    parts.some((part) => typeof part === 'object' && 'capture' in part) &&
    parts.some((part) => typeof part === 'object' && 'variable' in part)
  );
}

/** A map may match an expression of its own: `$1` is then that one's in the whole value, also before the variable. */
function variablesFirst(parts: readonly Part[], resolve: (name: string) => Getter): Value {
  const pieces = parts.map((part) => {
    if (typeof part === 'string') return part;
    return { get: partGetter(part, resolve), isVariable: 'variable' in part };
  });
  return (facts) => {
    const known = pieces.map((piece) =>
      typeof piece !== 'string' && piece.isVariable ? (piece.get(facts) ?? '') : piece,
    );
    let out = '';
    for (const piece of known) out += typeof piece === 'string' ? piece : (piece.get(facts) ?? '');
    return out;
  };
}

/**
 * An argument that may hold variables. Variables may be declared further down in the file, so that it is compiled when
 * all of it has been read (`Variables.link`); a constant is ready at once.
 */
export class ComplexValue {
  readonly parts: readonly Part[];
  #value: Value | undefined;
  #isSteady: (name: string) => boolean = () => false;

  /** @throws ConfError for a malformed variable */
  constructor(
    readonly source: string,
    readonly place: Place,
  ) {
    this.parts = parseTemplate(source, place);
    if (this.isConstant) this.#value = source;
  }

  get isConstant(): boolean {
    return this.parts.every((part) => typeof part === 'string');
  }

  /** Names of the variables in it, lower case. */
  get variables(): readonly string[] {
    return this.parts.flatMap((part) => (typeof part === 'object' && 'variable' in part ? [part.variable] : []));
  }

  /** @param isSteady see `Variables.isSteady` */
  link(resolve: (name: string) => Getter, isSteady: (name: string) => boolean = () => false): void {
    this.#value ??= compileTemplate(this.parts, resolve);
    this.#isSteady = isSteady;
  }

  /** It depends on nothing but the connection, the server and the fields of the request. */
  get isSteady(): boolean {
    return this.parts.every(
      (part) => typeof part === 'string' || ('variable' in part && this.#isSteady(part.variable)),
    );
  }

  get value(): Value {
    if (this.#value === undefined) throw new Error(`"${this.source}" is used before the configuration is linked`);
    return this.#value;
  }

  evaluate(facts: Facts): string {
    return evaluate(this.value, facts);
  }
}
