import { flag, integer, list, maybe, milliseconds, object, text } from './schema.js';
import type { Infer } from './schema.js';
import { templated } from './value.js';

/** How requests of one client stay with one peer (nginx: `sticky cookie`, `sticky route`, `sticky learn`). */
export const sticky = object({
  /** Values that name the request's peer or, with `learn`, its session; the first that is not empty counts. */
  lookup: list(templated, 1),
  /** Every response names the client's peer in this cookie. @example { name: 'srv', attributes: '; Path=/' } */
  cookie: maybe(
    object({
      /** Name of the cookie. @example 'srv' */
      name: text('a name', /^[^\s=;]+$/),
      /** What follows the value: empty, or `; ` and attributes. @example '; Path=/' */
      attributes: templated,
    }),
  ),
  /** Learns from responses which peer has a session. */
  learn: maybe(
    object({
      /** Values that name the session which a response opens; the first that is not empty counts. */
      create: list(templated, 1),
      /** Time without a response after which a session is forgotten. @example 600000 */
      timeout: milliseconds,
      /** Sessions remembered; the least recently used is forgotten first. @example 8000 */
      sessions: integer(1),
      /** Learns when the head of a response has come, not when the whole response has. @example false */
      atHead: flag,
    }),
  ),
});

export type StickyOptions = Infer<typeof sticky>;
