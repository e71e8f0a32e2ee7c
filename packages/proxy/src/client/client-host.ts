import type { ConnectionOptions } from '../options/client.js';
import type { Client } from './client.js';
import type { ErrorCode } from '../errors.js';
import type { Origin } from '../origin/origin.js';
import type { HandOff } from '../tunnel/hand-off.js';
import type { RequestHead } from '../http1/request-head.js';
import type { Location } from '../route/location.js';
import type { LogLevel } from '../options/proxy.js';
import type { ConnectionCounts } from '../facts.js';
import type { TunnelEnds } from '../tunnel/tunnel.js';

/** What a client connection needs of the proxy it came to. */
export interface ClientHost {
  /** For connections whose first request is still to come. */
  readonly connectionDefaults: ConnectionOptions;
  /** True while the proxy closes: connections end with the request in hand. */
  readonly closing: boolean;
  /** The location for a request, or undefined when none fits. */
  route(head: RequestHead, client: Client): Location | undefined;
  /** The location for what could not be read. */
  routeUnreadable(head: RequestHead, client: Client): Location | undefined;
  originOf(head: RequestHead, client: Client): Origin;
  /** What is counted of all connections (nginx: `stub_status`). */
  connectionCounts(): ConnectionCounts;
  log(level: LogLevel, message: string): void;
  /** A request could not be answered as it should, or not wholly. */
  countError(code: ErrorCode, client: Client): void;
  onTunnel(client: Client, ends: TunnelEnds, early: string): void;
  /** Its connection belongs to the process of a peer. */
  onHandedOff(client: Client, handOff: HandOff): void;
  onHandOffEnded(handOff: HandOff): void;
  onClientClosed(client: Client): void;
}
