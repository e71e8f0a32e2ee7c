import { lookup } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** Milliseconds a name's addresses are kept: a container that restarts with another address is found after that. */
const KEEP = 5_000;
/** Names remembered. They are those of configured peers; the bound is for configurations that keep changing. */
const LIMIT = 1_024;

interface Answer {
  readonly addresses: readonly LookupAddress[];
  readonly until: number;
}

const answers = new Map<string, Answer>();

/**
 * `dns.lookup` with a cache: every tunnel opens a connection, and each call of the system's resolver blocks a thread of
 * libuv's pool. When the resolver fails, its last answer stays in use.
 */
export const rememberedLookup: LookupFunction = (hostname, options, callback) => {
  const known = answers.get(hostname);
  if (known !== undefined && performance.now() < known.until) {
    reply(known.addresses, options, callback);
    return;
  }
  lookup(hostname, { all: true }, (error, addresses) => {
    if (error !== null) {
      if (known === undefined) callback(error, '', 0);
      else reply(known.addresses, options, callback);
      return;
    }
    if (answers.size >= LIMIT) answers.clear();
    answers.set(hostname, { addresses, until: performance.now() + KEEP });
    reply(addresses, options, callback);
  });
};

function reply(
  addresses: readonly LookupAddress[],
  options: LookupOptions,
  callback: Parameters<LookupFunction>[2],
): void {
  if (options.all === true) {
    callback(null, [...addresses]);
    return;
  }
  const first = addresses.find(
    (one) => options.family === undefined || options.family === 0 || one.family === options.family,
  );
  const chosen = first ?? addresses[0];
  callback(null, chosen?.address ?? '', chosen?.family ?? 0);
}
