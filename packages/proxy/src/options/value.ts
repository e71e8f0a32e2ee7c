import { callback } from './schema.js';
import type { Field } from './schema.js';
import type { Facts } from '../facts.js';

/** A byte string (latin1: one character is one byte), or what makes it for a request. */
export type Value = string | ((facts: Facts) => string);

/** Reads a `Value`. */
export const templated: Field<Value> = (given, path) =>
  typeof given === 'string' ? given : (callback(given, path) as Exclude<Value, string>);

/** The value for this request. */
export function valueOf(value: Value, facts: () => Facts): string {
  return typeof value === 'string' ? value : value(facts());
}
