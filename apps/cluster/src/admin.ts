import { AdminFailure, type AdminListener, listenAdmin, ProcessMeter, type StatusSource } from '@pinwheel/admin';
import { isSystemError, packageVersion } from '@pinwheel/cli';
import type { ClusterNow } from './admin-metrics.js';
import { clusterRoutes } from './admin-routes.js';
import type { Cluster } from './cluster.js';
import type { AdminOptions } from './options.js';
import { cannotListen } from './ports.js';

const HOST = '127.0.0.1';

/**
 * Opens the admin listener of a cluster, before anything else of it is there.
 *
 * @throws ClusterFailure when its port cannot be had
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
  const tell = (line: string): void => log(`admin | ${line}`);
  const open = (at: number): Promise<AdminListener> => listenAdmin({ host: HOST, port: at, routes, log: tell });
  try {
    return await open(port);
  } catch (error) {
    if (!orAnother || !isSystemError(error) || error.code !== 'EADDRINUSE') {
      throw cannotListen(error, { host: HOST, port }, '--admin-port');
    }
    return open(0);
  }
}
