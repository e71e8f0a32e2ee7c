import type { Place } from '../text/error.js';
import type { Facts } from '@pinwheel/proxy';
import { parseTemplate } from './template.js';
import type { Part } from './template.js';

/** A compiled variable: returns its value for a request, undefined when the request has none. */
export type Getter = (facts: Facts) => string | undefined;
/** A compiled value: the same for all requests, or computed for each. */
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

/** Joins the parts; a variable without a value is empty. */
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

/** Reading a map may match another expression; then `$1` is a group of that one in the whole value, even before the variable. */
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
 * An argument that may contain variables. They may be declared further down in the file, so it is compiled when the
 * whole file has been read (`Variables.link`); a constant is ready at once.
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

  /** Names of its variables, in lower case. */
  get variables(): readonly string[] {
    return this.parts.flatMap((part) => (typeof part === 'object' && 'variable' in part ? [part.variable] : []));
  }

  /** @param isSteady see `Variables.isSteady` */
  link(resolve: (name: string) => Getter, isSteady: (name: string) => boolean = () => false): void {
    this.#value ??= compileTemplate(this.parts, resolve);
    this.#isSteady = isSteady;
  }

  /** True when it depends only on the connection, the server and the header fields of the request. */
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
