import { readFileSync } from 'node:fs';
import type { Options } from '../options/options.js';
import { dealTransports } from '../options/transports.js';

/** The limits of this machine; undefined where the system does not report one. */
export interface Limits {
  /** Open files of one process. */
  readonly files: number | undefined;
  /** Ports that outgoing connections of one local address may use. */
  readonly ports: number | undefined;
}

/** Open files of a worker besides the connections of its clients. */
const OWN_FILES = 64;

/** The most connections of a client: a polling client sends while it waits, an upgrade opens a third. */
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

/** The limits that are too low for the clients of a run, each with the command that raises it. */
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
    // This system is not Linux: connections that fail will show the limits.
    return '';
  }
}
