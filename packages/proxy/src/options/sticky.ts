import { flag, integer, list, maybe, milliseconds, object, text } from './schema.js';
import type { Infer } from './schema.js';
import { templated } from './value.js';

/** How requests of one client stay with one peer (nginx: `sticky cookie`, `sticky route`, `sticky learn`). */
export const sticky = object({
  /** Where a request names its peer, or its session with `learn`; the first that is not empty counts. */
  lookup: list(templated, 1),
  /** Every answer names the client's peer in this cookie. @example { name: 'srv', attributes: '; Path=/' } */
  cookie: maybe(
    object({
      /** Name of the cookie. @example 'srv' */
      name: text('a name', /^[^\s=;]+$/),
      /** What follows the value: empty, or `; ` and attributes. @example '; Path=/' */
      attributes: templated,
    }),
  ),
  /** Learns from the peers' answers which peer has a session. */
  learn: maybe(
    object({
      /** Where the answer to a request that opens a session names it; the first that is not empty counts. */
      create: list(templated, 1),
      /** Without an answer, after which a session is forgotten. @example 600000 */
      timeout: milliseconds,
      /** Sessions remembered; the one used least recently is forgotten first. @example 8000 */
      sessions: integer(1),
      /** Learns when the head of an answer has come, not when all of it has. @example false */
      atHead: flag,
    }),
  ),
});

export type StickyOptions = Infer<typeof sticky>;
