/** Milliseconds given to a client to read an answer that came before the whole request. */
export const LINGER = 2_000;
/** Milliseconds between two reads of a body nobody wants, and for all of it (nginx: `lingering_timeout`, `lingering_time`). */
export const DROPPED_READ = 5_000;
export const DROPPED_BODY = 30_000;
