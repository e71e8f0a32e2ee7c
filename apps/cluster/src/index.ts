export { startCluster } from './cluster.js';
export type { Cluster, ClusterNode, StartOptions } from './cluster-types.js';
export type { ClusterOptions } from './options.js';
export { ClusterFailure } from './process/failure.js';
