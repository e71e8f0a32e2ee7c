import { callback, field } from './schema.js';
import type { Facts } from '../facts.js';

/** A byte string (latin1: one character is one byte), or a function that makes one for a request. */
export type Value = string | ((facts: Facts) => string);

const made = callback<Exclude<Value, string>>();

/** Reads a `Value`. */
export const templated = field<Value>({ kind: 'text, or function of the request' }, (given, path) =>
  typeof given === 'string' ? given : made(given, path),
);

/** The value for this request. */
export function valueOf(value: Value, facts: () => Facts): string {
  return typeof value === 'string' ? value : value(facts());
}
