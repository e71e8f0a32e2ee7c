/** The message of a child process that listens. */
export interface Listening {
  readonly port: number;
  /** The node tag in the session ids of a node. */
  readonly tag: string | undefined;
}

/** Reads `{ type: 'listening', port, tag? }`; undefined for any other message. */
export function readListening(message: unknown): Listening | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const { type, port, tag } = message as { type?: unknown; port?: unknown; tag?: unknown };
  if (type !== 'listening' || typeof port !== 'number') return undefined;
  return { port, tag: typeof tag === 'string' ? tag : undefined };
}
