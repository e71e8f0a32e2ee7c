import { createServer } from 'node:net';
import { type Address, isSystemError, listenFailure } from '@pinwheel/cli';
import { ClusterFailure } from './failure.js';

/** The number of nodes, the port of the first one, and the port of the balancer. */
export interface PortPlan {
  readonly nodes: number;
  readonly nodePort: number;
  readonly port: number;
}

/** The ports of the nodes in their order: counted up from `nodePort`, the balancer's left out; zeros for 0. */
export function nodePorts({ nodes, nodePort, port }: PortPlan): number[] {
  const ports: number[] = [];
  for (let next = nodePort; ports.length < nodes; next += nodePort === 0 ? 0 : 1) {
    if (next === 0 || next !== port) ports.push(next);
  }
  return ports;
}

/**
 * Checks that a listener can be opened, by opening and closing one.
 *
 * @param flag the flag that moves the listener
 * @throws ClusterFailure when it cannot
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

/** An error of the system as a failure that names the flag to change; any other error as it is. */
export function cannotListen(error: unknown, address: Address, flag: string): unknown {
  if (!isSystemError(error)) return error;
  return new ClusterFailure(listenFailure(error, address, flag, '--host'));
}
