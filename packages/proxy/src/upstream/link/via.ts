/** What makes a connection to a peer unlike others to the same peer. */
export interface Via {
  /** Connections with the same key may take each other's place. */
  readonly key: string;
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  /** Name for SNI and verification. */
  readonly tlsName?: string | undefined;
}
