/**
 * How a balancer gives the connection of a WebSocket to the process of a node that it started: over the IPC channel, the
 * socket beside the message. The balancer keeps its own copy of the socket until the node has taken it.
 */

const TYPE = 'pinwheel:hand-off';

/** Balancer to node, with the socket: answer this request on it, as if it had come in directly. */
export interface HandOffOffer {
  /** Names the connection in later messages; the balancer's own. */
  readonly id: number;
  /** The request head and what came behind it, a byte string (latin1). */
  readonly text: string;
  /** Milliseconds without a byte in either direction after which the connection is closed. */
  readonly idleMs: number;
}

/** How a connection ended, in bytes of the node's side of it. */
export interface HandOffEnd {
  /** Of the node's answer: 101 for a WebSocket; 0 when there was none. */
  readonly status: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

/** Node to balancer. */
export type HandOffReport =
  | { readonly id: number; readonly event: 'taken' }
  | { readonly id: number; readonly event: 'refused' }
  | ({ readonly id: number; readonly event: 'ended' } & HandOffEnd);

/** Balancer to node: close it. */
export interface HandOffClose {
  readonly id: number;
  readonly event: 'close';
}

/** Puts the mark on a message that tells it from others on the channel. */
export function handOffMessage<T extends HandOffOffer | HandOffReport | HandOffClose>(
  message: T,
): T & { readonly type: string } {
  return { type: TYPE, ...message };
}

/** Reads what a node is sent; undefined for any other message. */
export function readHandOffOrder(message: unknown): HandOffOffer | HandOffClose | undefined {
  const { id, event, text, idleMs } = marked(message);
  if (typeof id !== 'number') return undefined;
  if (event === 'close') return { id, event };
  return typeof text === 'string' && typeof idleMs === 'number' ? { id, text, idleMs } : undefined;
}

/** Reads what a node reports; undefined for any other message. */
export function readHandOffReport(message: unknown): HandOffReport | undefined {
  const { id, event, status, bytesReceived, bytesSent } = marked(message);
  if (typeof id !== 'number') return undefined;
  if (event === 'taken' || event === 'refused') return { id, event };
  if (event !== 'ended' || typeof status !== 'number') return undefined;
  if (typeof bytesReceived !== 'number' || typeof bytesSent !== 'number') return undefined;
  return { id, event, status, bytesReceived, bytesSent };
}

function marked(message: unknown): Readonly<Record<string, unknown>> {
  if (typeof message !== 'object' || message === null || !('type' in message) || message.type !== TYPE) return {};
  return message;
}
