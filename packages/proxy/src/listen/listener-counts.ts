/** What is counted of one listener. A reload that keeps the listener keeps the counts. */
export class ListenerCounts {
  /** Connections since the start, TLS handshakes that failed left out; now, in whatever protocol; at most at once. */
  accepted = 0;
  connections = 0;
  maxConnections = 0;
  /** Requests since the start, and those that could not be answered as they should. */
  requests = 0;
  errors = 0;

  opened(): void {
    this.accepted++;
    this.connections++;
    if (this.connections > this.maxConnections) this.maxConnections = this.connections;
  }
}
