import type { GivenLocation } from '@pinwheel/proxy';
import type { ErrorLog } from '../directives/core.js';

/** The functions and paths that a configuration needs from the program that serves it. */
export interface Surroundings {
  /** The folder from which relative paths start, except those of certificates. */
  readonly prefix: string;
  /**
   * The log at that path: a function that writes one line, given without its line end.
   *
   * @param buffering `size` of the buffer in bytes, and `flush`: milliseconds after which it is written even if not full
   */
  accessLog(
    path: string,
    buffering?: { readonly size: number; readonly flush?: number | undefined },
  ): (line: string) => void;
  /** The log function for a level with its own `error_log`. Absent: its messages go to the common log. */
  errorLog?(logs: readonly ErrorLog[]): NonNullable<GivenLocation['log']>;
  /** The text of a certificate or key. @throws Error */
  readFile(path: string): string;
  /** The whole path of such a file, for messages. */
  pathOf?(path: string): string;
  /** Name of this machine, for `server_name $hostname`. */
  readonly hostname: string;
  /**
   * Addresses of a name from `hostsToLookUp`; empty when it has none. Absent: names are resolved when a connection is
   * opened.
   */
  addressesOf?(host: string): readonly string[];
}
