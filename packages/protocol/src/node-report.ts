/** What a node tells the process that started it, once a second, over the IPC channel. */

const TYPE = 'pinwheel:report';

/** Milliseconds between two reports. */
export const REPORT_INTERVAL = 1_000;
/** Milliseconds without a report after which a node is taken for hung. */
export const REPORT_SILENCE = 3_000;

export interface NodeReport {
  /** The node hands its sessions back. */
  readonly draining: boolean;
  /** Engine.IO sessions by the transport that they have now. */
  readonly polling: number;
  readonly websocket: number;
  /** Connections of the plain WebSocket echo. */
  readonly plain: number;
  /** Rooms that clients of this node are in. */
  readonly rooms: number;
  /** Whether its Redis answers; undefined for a node without. */
  readonly redis: boolean | undefined;
  /** Milliseconds by which timers were late since the last report: the 99th percentile, and the worst. */
  readonly delayP99: number;
  readonly delayMax: number;
  /** Share of the time since the last report in which the event loop was busy, 0 to 1. */
  readonly utilization: number;
  /** Resident memory in bytes. */
  readonly rss: number;
}

/** Puts the mark on a report that tells it from other messages on the channel. */
export function nodeReportMessage(report: NodeReport): NodeReport & { readonly type: string } {
  return { type: TYPE, ...report };
}

/** Reads a report; undefined for any other message. */
export function readNodeReport(message: unknown): NodeReport | undefined {
  if (typeof message !== 'object' || message === null || !('type' in message) || message.type !== TYPE)
    return undefined;
  const fields: Readonly<Record<string, unknown>> = { ...message };
  const number = (name: keyof NodeReport): number => {
    const value = fields[name];
    return typeof value === 'number' ? value : 0;
  };
  const { redis } = fields;
  return {
    draining: fields['draining'] === true,
    polling: number('polling'),
    websocket: number('websocket'),
    plain: number('plain'),
    rooms: number('rooms'),
    redis: typeof redis === 'boolean' ? redis : undefined,
    delayP99: number('delayP99'),
    delayMax: number('delayMax'),
    utilization: number('utilization'),
    rss: number('rss'),
  };
}
