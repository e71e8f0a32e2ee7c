/**
 * The messages by which a balancer hands the connection of a WebSocket off to the process of a node that it started:
 * over the IPC channel with the socket beside the message, or over a pipe for nothing else (`offerText`), which costs
 * both sides half as much. The balancer keeps a copy of the socket, unread, until the connection ends.
 */

const TYPE = 'pinwheel:hand-off';

/**
 * Sent by the balancer to a node, together with the socket: the node answers this request on the socket as if it had
 * accepted the connection.
 */
export interface HandOffOffer {
  /** Names the connection in later messages; the balancer chooses it. */
  readonly id: number;
  /** The request head and the bytes behind it, a byte string (latin1). */
  readonly text: string;
  /** Milliseconds without a byte in either direction after which the connection is closed. */
  readonly idleMs: number;
}

/** The end of a connection, as the node saw it. */
export interface HandOffEnd {
  /** Status of the node's response: 101 for a WebSocket, 0 for no response. */
  readonly status: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

/** A connection that ended: its id, then `status`, `bytesReceived` and `bytesSent` of its `HandOffEnd`. */
export type HandOffEnded = readonly [id: number, status: number, bytesReceived: number, bytesSent: number];

/**
 * Sent by a node to the balancer: the connections that were taken, were refused or ended since the last report, in the
 * order of the fields. A report covers many, because a message between processes costs as much as a good part of a
 * handshake.
 */
export interface HandOffReport {
  /** Ids of connections that the node has taken. */
  readonly taken: readonly number[];
  /** Ids of connections that it refused. */
  readonly refused: readonly number[];
  readonly ended: readonly HandOffEnded[];
}

/** Sent by a node to the balancer: it reads offers from the pipe, too. */
export interface HandOffPipeOpen {
  readonly event: 'pipe open';
}

/** Sent by the balancer to a node, which then closes the connection. */
export interface HandOffClose {
  readonly id: number;
  readonly event: 'close';
}

/** Marks a message, so that it can be recognized on the channel. */
export function handOffMessage<T extends HandOffOffer | HandOffReport | HandOffPipeOpen | HandOffClose>(
  message: T,
): T & { readonly type: string } {
  return { type: TYPE, ...message };
}

/** Reads a message to a node; undefined for any other message. */
export function readHandOffOrder(message: unknown): HandOffOffer | HandOffClose | undefined {
  const { id, event, text, idleMs } = marked(message);
  if (typeof id !== 'number') return undefined;
  if (event === 'close') return { id, event };
  return typeof text === 'string' && typeof idleMs === 'number' ? { id, text, idleMs } : undefined;
}

/** Reads a report of a node; undefined for any other message. */
export function readHandOffReport(message: unknown): HandOffReport | undefined {
  const { taken, refused, ended } = marked(message);
  if (!isNumbers(taken) || !isNumbers(refused) || !Array.isArray(ended) || !ended.every(isEnded)) return undefined;
  return { taken, refused, ended };
}

/** True for the message that the node reads the pipe. */
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
