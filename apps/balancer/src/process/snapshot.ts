import type { HostAddresses } from './host-addresses.js';

/**
 * The files of a configuration as one process has read them, for others that serve the same: they need not, and without
 * root's rights cannot, read them again, and what has changed on the disk meanwhile does not concern them. Byte strings.
 */
export interface Snapshot {
  /** Path and text of the files of the configuration. */
  readonly conf: readonly (readonly [string, string])[];
  /** What the patterns of `include` stood for. */
  readonly globs: readonly (readonly [string, readonly string[]])[];
  /** Names in it and their addresses, looked up when it was read. */
  readonly hosts: HostAddresses;
  /** Path and text of certificates and keys. */
  readonly files: readonly (readonly [string, string])[];
}
