/**
 * How a balancer gives the connection of a WebSocket to the process of a node that it started: over the IPC channel, the
 * socket beside the message, or over a pipe for nothing else (`offerText`), which costs both sides a third less.
 * The balancer keeps its own copy of the socket until the node has taken it.
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

/** A connection that is over: its id, then `status`, `bytesReceived` and `bytesSent` of its `HandOffEnd`. */
export type HandOffEnded = readonly [id: number, status: number, bytesReceived: number, bytesSent: number];

/**
 * Node to balancer: what became of connections since the report before, in the order of the fields. One report for many:
 * a message between processes costs each of them as much as a good part of the handshake that it tells of.
 */
export interface HandOffReport {
  /** Ids of those that it has now. */
  readonly taken: readonly number[];
  /** Ids of those that it will not have. */
  readonly refused: readonly number[];
  readonly ended: readonly HandOffEnded[];
}

/** Node to balancer: offers are read off the pipe of their own, too. */
export interface HandOffPipeOpen {
  readonly event: 'pipe open';
}

/** Balancer to node: close it. */
export interface HandOffClose {
  readonly id: number;
  readonly event: 'close';
}

/** Puts the mark on a message that tells it from others on the channel. */
export function handOffMessage<T extends HandOffOffer | HandOffReport | HandOffPipeOpen | HandOffClose>(
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
  const { taken, refused, ended } = marked(message);
  if (!isNumbers(taken) || !isNumbers(refused) || !Array.isArray(ended) || !ended.every(isEnded)) return undefined;
  return { taken, refused, ended };
}

/** True for the message that the pipe is read. */
export function saysPipeOpen(message: unknown): boolean {
  return marked(message)['event'] === 'pipe open';
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'number');
}

function isEnded(value: unknown): value is HandOffEnded {
  return isNumbers(value) && value.length === 4;
}

function marked(message: unknown): Readonly<Record<string, unknown>> {
  if (typeof message !== 'object' || message === null || !('type' in message) || message.type !== TYPE) return {};
  return message;
}
