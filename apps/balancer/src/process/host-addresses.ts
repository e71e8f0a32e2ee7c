import { lookup } from 'node:dns/promises';
import { ADDRCONFIG } from 'node:dns';

/** Addresses of names, as they were when a configuration was read. */
export type HostAddresses = ReadonlyMap<string, readonly string[]>;

/** Asks the system's resolver for all these names at once. A name without address has none in the answer. */
export async function lookUpHosts(names: readonly string[]): Promise<HostAddresses> {
  const found = await Promise.all(names.map(addressesOf));
  return new Map(names.map((name, i) => [name, found[i] ?? []]));
}

/** IPv4 addresses first, as nginx has them. */
async function addressesOf(name: string): Promise<readonly string[]> {
  try {
    const found = await lookup(name, { all: true, hints: ADDRCONFIG, verbatim: false });
    return [...new Set(found.map(({ address }) => address))];
  } catch {
    // Whatever the resolver's reason is, nginx says "host not found".
    return [];
  }
}
