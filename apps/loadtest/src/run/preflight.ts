import { readFileSync } from 'node:fs';
import type { Options } from '../options/options.js';
import { dealTransports } from '../options/transports.js';

/** What this machine allows; undefined where it does not say. */
export interface Limits {
  /** Open files of one process. */
  readonly files: number | undefined;
  /** Ports that outgoing connections of one local address may use. */
  readonly ports: number | undefined;
}

/** Files of a worker that are no connections of clients. */
const OWN_FILES = 64;

/** Connections that a client holds at its busiest: a polling one sends while it waits, an upgrade opens a third. */
const CONNECTIONS = { websocket: 1, polling: 2, upgrade: 3 } as const;

/** Reads the limits of this process, which are those of its workers. */
export function readLimits(): Limits {
  const files = /^Max open files\s+(\d+)/m.exec(readIfThere('/proc/self/limits'))?.[1];
  const [low, high] = readIfThere('/proc/sys/net/ipv4/ip_local_port_range').trim().split(/\s+/).map(Number);
  return {
    files: files === undefined ? undefined : Number(files),
    ports: low === undefined || high === undefined ? undefined : high - low + 1,
  };
}

/** What stands in the way of so many clients, each with the command that clears it; none when nothing does. */
export function preflight(options: Options, limits: Limits): string[] {
  const { clients, localAddresses, workers } = options;
  const found: string[] = [];
  const connections = dealTransports(options.transports, clients).reduce((sum, one) => sum + CONNECTIONS[one], 0);
  const files = Math.ceil(connections / Math.min(workers, clients)) + OWN_FILES;
  if (limits.files !== undefined && files > limits.files) {
    found.push(
      `open files: a worker needs ${files}, the limit is ${limits.files}; raise it: ulimit -Hn ${files} && ulimit -n ${files} (as root), or more --workers`,
    );
  }
  const addresses = Math.max(1, localAddresses.length);
  if (limits.ports !== undefined && connections > limits.ports * addresses) {
    const more = Array.from(
      { length: Math.min(20, Math.ceil(connections / limits.ports)) },
      (_, at) => `127.0.0.${at + 2}`,
    );
    found.push(
      `local ports: ${connections} connections need one each, ${limits.ports * addresses} are allowed; raise it: sudo sysctl -w net.ipv4.ip_local_port_range="1024 65535", or on this machine --local-address ${more.join(',')}`,
    );
  }
  return found;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Another system than Linux: the connections themselves will tell.
    return '';
  }
}
