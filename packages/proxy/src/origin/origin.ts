/** The client of a request. */
export interface Origin {
  /** Remote address of the client's connection. */
  readonly socketAddress: string;
  /** The client's address: that of the connection, or that which a trusted proxy named. */
  readonly clientAddress: string;
  /** The client's port; undefined when a proxy named the address only. */
  readonly clientPort?: number | undefined;
  readonly tls: boolean;
  /** The connection comes from a trusted proxy, whose `X-Forwarded-Proto` is forwarded. */
  readonly trusted: boolean;
}
