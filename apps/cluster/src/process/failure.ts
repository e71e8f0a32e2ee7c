/** The cluster cannot start. The message is one line for a person. */
export class ClusterFailure extends Error {
  readonly code = 'cluster_failed';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ClusterFailure';
  }
}
