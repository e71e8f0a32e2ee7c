/** The cluster cannot start or continue. The message is one line for the operator. */
export class ClusterFailure extends Error {
  override readonly name = 'ClusterFailure';
  readonly code = 'cluster_failed';
}
