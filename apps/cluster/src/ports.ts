import { createServer } from 'node:net';
import { type Address, isSystemError, listenFailure } from '@pinwheel/cli';
import { ClusterFailure } from './cluster-failure.js';
import type { ClusterOptions } from './options.js';

const HOST_AT_FAULT = new Set(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN']);

/** The ports of the nodes in their order: counted up from `nodePort`, the balancer's left out; zeros for 0. */
export function nodePorts({ nodes, nodePort, port }: Pick<ClusterOptions, 'nodes' | 'nodePort' | 'port'>): number[] {
  const ports: number[] = [];
  for (let next = nodePort; ports.length < nodes; next += nodePort === 0 ? 0 : 1) {
    if (next === 0 || next !== port) ports.push(next);
  }
  return ports;
}

/**
 * Finds out whether a listener could be opened, by opening and closing one.
 *
 * @param flag the flag that moves it
 * @throws ClusterFailure when not
 */
export async function checkPort(address: Address, flag: string): Promise<void> {
  if (address.port === 0) return;
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ ...address, exclusive: true }, resolve);
    });
  } catch (error) {
    throw cannotListen(error, address, flag);
  }
  await new Promise((resolve) => {
    server.close(resolve);
  });
}

/** `error` as a failure that tells which flag moves the listener. */
export function cannotListen(error: unknown, address: Address, flag: string): unknown {
  if (!isSystemError(error)) return error;
  const name = error.code !== undefined && HOST_AT_FAULT.has(error.code) ? '--host' : flag;
  return new ClusterFailure(listenFailure(error, address, name));
}
