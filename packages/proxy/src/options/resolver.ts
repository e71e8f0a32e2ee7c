import { flag, list, maybe, milliseconds, object, optional, text } from './schema.js';
import type { Infer } from './schema.js';

/** Name servers (nginx: `resolver`). */
export const resolver = object({
  /** `address:port`, an IPv6 address in brackets. An empty list: those of the system. @example ['10.0.0.53:53'] */
  servers: list(text('an address and a port', /^(?:[\d.]+|\[[\dA-Fa-f:.]+\]):\d+$/)),
  /** For which answers are kept; their TTL when absent. @example 30000 */
  valid: maybe(milliseconds),
  /** Asks for IPv4 addresses. */
  ipv4: optional(flag, true),
  /** Asks for IPv6 addresses. */
  ipv6: optional(flag, true),
  /** For an answer, and between two queries when none came. */
  timeout: optional(milliseconds, 30_000),
});

export type ResolverOptions = Infer<typeof resolver>;
