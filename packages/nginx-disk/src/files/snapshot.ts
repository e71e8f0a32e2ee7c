import { ADDRCONFIG } from 'node:dns';
import { lookup } from 'node:dns/promises';

/** The addresses of host names, as they were when a configuration was read. */
export type HostAddresses = readonly (readonly [name: string, addresses: readonly string[]])[];

/**
 * The files of a configuration as one process has read them, for other processes that serve the same configuration. They
 * do not read the files again, which needs root's rights, and later changes on the disk do not reach them. Texts are byte
 * strings.
 */
export interface Snapshot {
  /** Path and text of the files of the configuration. */
  readonly conf: readonly (readonly [string, string])[];
  /** The paths that each pattern of `include` stood for. */
  readonly globs: readonly (readonly [string, readonly string[]])[];
  readonly hosts: HostAddresses;
  /** Path and text of certificates and keys. */
  readonly files: readonly (readonly [string, string])[];
}

/** Asks the system's resolver for all names at once. A name that cannot be resolved gets no addresses. */
export async function lookUpHosts(names: readonly string[]): Promise<HostAddresses> {
  return Promise.all(names.map(async (name) => [name, await addressesOf(name)] as const));
}

/** IPv4 addresses come first, as in nginx. */
async function addressesOf(name: string): Promise<readonly string[]> {
  try {
    const found = await lookup(name, { all: true, hints: ADDRCONFIG, verbatim: false });
    return [...new Set(found.map(({ address }) => address))];
  } catch {
    // Whatever the resolver's reason is, nginx reports "host not found".
    return [];
  }
}
