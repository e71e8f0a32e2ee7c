/** Who the client of a request is. */
export interface Origin {
  /** Address of the connection the request came on. */
  readonly socketAddress: string;
  /** The client's address: that of the connection, or the one a trusted proxy named. */
  readonly clientAddress: string;
  /** The client's port; undefined where it is not known. */
  readonly clientPort?: number | undefined;
  readonly tls: boolean;
  /** The connection comes from a trusted proxy, whose X-Forwarded-Proto stands. */
  readonly trusted: boolean;
}
