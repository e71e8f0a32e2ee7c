/** Settings of a connection to a peer that other connections to the same peer may not have. */
export interface Via {
  /** Connections with the same key are interchangeable. */
  readonly key: string;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  /** Name for SNI and for verification of the certificate. */
  readonly tlsName?: string | undefined;
}
