import { type Address, formatAddress, isSystemError, urlOf } from '@pinwheel/cli';
import { fileOptions } from '@pinwheel/nginx-disk';
import type { GivenPeer, GivenProxyOptions, GivenUpstream, Proxy } from '@pinwheel/proxy';
import type { NodeProcess } from './nodes/node-process.js';
import type { ClusterOptions } from './options.js';
import { ClusterFailure } from './process/failure.js';
import { cannotListen } from './process/ports.js';

type Log = NonNullable<GivenProxyOptions['log']>;
type BalancerOptions = Pick<ClusterOptions, 'host' | 'port' | 'policy' | 'websocketPolicy' | 'config' | 'handOff'>;

/**
 * Plans the balancer. It reads the file of `--config` at once, so that a mistake in it is reported before anything starts.
 *
 * @returns makes the options of the proxy, once the nodes have their ports
 * @throws ClusterFailure with the file and line of the first mistake
 */
export function planBalancer(options: BalancerOptions, log: Log): (nodes: readonly NodeProcess[]) => GivenProxyOptions {
  const { host, port, policy, websocketPolicy, config, handOff } = options;
  if (config !== undefined) {
    const given = readFile(config, log);
    return (nodes) => ({ ...given, upstreams: given.upstreams.map((one) => withNodes(one, nodes, handOff)) });
  }
  return (nodes) => ({
    listeners: [{ host, port }],
    upstreams: [
      {
        name: 'nodes',
        peers: nodes.map((node) => ({ host: node.host, port: node.port, route: node.tag, ...linkTo(node, handOff) })),
        policy,
        websocketPolicy,
        healthCheck: {},
      },
    ],
    log,
  });
}

function readFile(file: string, log: Log): GivenProxyOptions {
  try {
    return fileOptions(file, log);
  } catch (error) {
    // The text of a ConfError is `pinwheel: [emerg] message in FILE:LINE`; our own message begins with the program's name, too.
    throw new ClusterFailure(`--config: ${String(error).replace(/^pinwheel: /, '')}`, { cause: error });
  }
}

/** The options of a peer that is a node of this cluster: it drains when its process does, and may take sockets. */
function linkTo(node: NodeProcess, handOff: boolean): Pick<GivenPeer, 'drains' | 'handOff'> {
  return { drains: () => node.leaving, ...(handOff ? { handOff: node.handOffs } : {}) };
}

/** Links the peers of a file that are nodes of this cluster. An upstream of such peers only gets health checks. */
function withNodes(upstream: GivenUpstream, nodes: readonly NodeProcess[], handOff: boolean): GivenUpstream {
  if (upstream.tls !== undefined) return upstream;
  let linked = 0;
  const peers = upstream.peers.map((peer) => {
    const node = nodes.find(({ host, port }) => port === peer.port && isSameHost(host, peer.host));
    if (node === undefined) return peer;
    linked++;
    return { ...peer, ...linkTo(node, handOff) };
  });
  return linked < peers.length ? { ...upstream, peers } : { ...upstream, peers, healthCheck: {} };
}

/** True for the host of a node in any of the forms that a file may use. */
function isSameHost(host: string, written: string): boolean {
  return written === host || (written === 'localhost' && (host === '127.0.0.1' || host === '::1'));
}

/**
 * Opens the listeners of the balancer.
 *
 * @throws ClusterFailure when one cannot be bound
 */
export async function listen(proxy: Proxy, address: Address, config: string | undefined): Promise<void> {
  try {
    await proxy.listen();
  } catch (error) {
    if (config === undefined) throw cannotListen(error, address, '--port');
    if (!isSystemError(error)) throw error;
    throw new ClusterFailure(`${error.message}: change "listen" in ${config}`, { cause: error });
  }
}

/**
 * The URL of the first listener for plain HTTP.
 *
 * @throws ClusterFailure when there is none
 */
export function plainUrl(proxy: Proxy, address: Address): string {
  const listener = proxy.addresses.find(({ tls }) => !tls);
  if (listener !== undefined) return urlOf(listener);
  throw new ClusterFailure(`the balancer does not listen on ${formatAddress(address)} for plain HTTP`);
}
