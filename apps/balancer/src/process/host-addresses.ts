import { lookup } from 'node:dns/promises';
import { ADDRCONFIG } from 'node:dns';

/** Addresses of names, as they were when a configuration was read. */
export type HostAddresses = readonly (readonly [name: string, addresses: readonly string[]])[];

/** Asks the system's resolver for all these names at once. A name without address has none in the answer. */
export async function lookUpHosts(names: readonly string[]): Promise<HostAddresses> {
  return Promise.all(names.map(async (name) => [name, await addressesOf(name)] as const));
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
