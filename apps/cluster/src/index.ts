export { startCluster } from './cluster.js';
export type { Cluster, ClusterNode, StartOptions } from './cluster.js';
export { ClusterFailure } from './cluster-failure.js';
export type { ClusterOptions } from './options.js';
export type { ClusterStatus } from '@pinwheel/admin';
