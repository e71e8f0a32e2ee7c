import type { GivenLocation } from '@pinwheel/proxy';
import type { ErrorLog } from '../directives/core.js';

/** What a configuration needs of the world: the program provides it. */
export interface Surroundings {
  /** What relative paths start from, those of certificates excepted. */
  readonly prefix: string;
  /**
   * The log at that path; what is given to it is one line without its end.
   *
   * @param buffering bytes of lines that are gathered, and milliseconds after which they are written anyhow
   */
  accessLog(
    path: string,
    buffering?: { readonly size: number; readonly flush?: number | undefined },
  ): (line: string) => void;
  /** Where to tell what belongs to a level that has logs of its own. Absent: it is told where the rest is. */
  errorLog?(logs: readonly ErrorLog[]): NonNullable<GivenLocation['log']>;
  /** The text of a certificate or key. @throws Error */
  readFile(path: string): string;
  /** The whole path of such a file, for messages. */
  pathOf?(path: string): string;
  /** Name of this machine, for `server_name $hostname`. */
  readonly hostname: string;
  /**
   * Addresses of a name that `hostsToLookUp` has told, none when there are none. Without it names are looked up when a
   * connection is made.
   */
  addressesOf?(host: string): readonly string[];
}
