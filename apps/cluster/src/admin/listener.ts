import { AdminFailure, type AdminListener, listenAdmin, ProcessMeter, type StatusSource } from '@pinwheel/admin';
import { isSystemError, packageVersion } from '@pinwheel/cli';
import type { ClusterNow } from './metrics.js';
import { clusterRoutes } from './routes.js';
import type { Cluster } from '../cluster-types.js';
import type { AdminOptions } from '../options.js';
import { cannotListen } from '../process/ports.js';

const HOST = '127.0.0.1';

/**
 * Opens the admin listener of a cluster, before any other part of the cluster.
 *
 * @throws ClusterFailure when the listener cannot be opened
 */
export async function openAdmin(
  cluster: Cluster,
  { port, orAnother = false }: AdminOptions,
  log: (line: string) => void,
): Promise<AdminListener> {
  const meter = new ProcessMeter('alone');
  const started = (): Cluster => {
    if (cluster.url === '') throw new AdminFailure(503, 'starting', 'the cluster has not started yet');
    return cluster;
  };
  const source: StatusSource<ClusterNow> = {
    status() {
      const proxy = started().status();
      return { proxy, processes: [meter.read()], nodes: cluster.nodeStatus(), redis: cluster.redisStatus() };
    },
    history: () => started().history(),
  };
  const version = packageVersion(import.meta.url);
  const routes = clusterRoutes(version, () => cluster.url, source, cluster.controls);
  const logAdmin = (line: string): void => log(`admin | ${line}`);
  const open = (at: number): Promise<AdminListener> => listenAdmin({ host: HOST, port: at, routes, log: logAdmin });
  try {
    return await open(port);
  } catch (error) {
    if (!orAnother || !isSystemError(error) || error.code !== 'EADDRINUSE') {
      throw cannotListen(error, { host: HOST, port }, '--admin-port');
    }
    return open(0);
  }
}
