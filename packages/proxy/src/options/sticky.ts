import { flag, integer, list, maybe, milliseconds, object, text } from './schema.js';
import { templated } from './value.js';
import type { Value } from './value.js';

/** How requests of one client stay with one peer (nginx: `sticky cookie`, `sticky route`, `sticky learn`). */
export interface StickyOptions {
  /** Where a request names its peer, or its session with `learn`; the first that is not empty counts. */
  readonly lookup: readonly Value[];
  /** Every answer tells the client its peer by this cookie. */
  readonly cookie?: StickyCookieOptions | undefined;
  /** Which peer a session is with is learned from the peers' answers. */
  readonly learn?: StickyLearnOptions | undefined;
}

export interface StickyCookieOptions {
  readonly name: string;
  /** What follows the value: empty, or `; ` and attributes. */
  readonly attributes: Value;
}

export interface StickyLearnOptions {
  /** Where the answer to a request that opens a session names it; the first that is not empty counts. */
  readonly create: readonly Value[];
  /** Milliseconds without an answer after which a session is forgotten. */
  readonly timeout: number;
  /** Sessions remembered, the one heard of the longest ago forgotten first. */
  readonly sessions: number;
  /** Learn when the head of an answer has come, not when all of it has. */
  readonly atHead: boolean;
}

/** Reads `UpstreamOptions.sticky`. */
export const sticky = object<StickyOptions>({
  lookup: list(templated, 1),
  cookie: maybe(object<StickyCookieOptions>({ name: text('a name', /^[^\s=;]+$/), attributes: templated })),
  learn: maybe(
    object<StickyLearnOptions>({
      create: list(templated, 1),
      timeout: milliseconds,
      sessions: integer(1),
      atHead: flag,
    }),
  ),
});
