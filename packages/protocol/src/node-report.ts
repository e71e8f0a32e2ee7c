/** The report of a node to the process that started it, once a second over the IPC channel. */

const TYPE = 'pinwheel:report';

/** Milliseconds between two reports. */
export const REPORT_INTERVAL = 1_000;
/** Milliseconds without a report after which a node counts as hung. */
export const REPORT_SILENCE = 3_000;

/** The counters of a node. */
export interface NodeCounters {
  /** Engine.IO sessions by transport. */
  readonly polling: number;
  readonly websocket: number;
  /** Events of clients answered since the start. */
  readonly events: number;
  /** Room messages of its clients since the start: each goes to the other nodes once. */
  readonly said: number;
  /** Milliseconds of the last message through Redis and back; undefined when it did not come back. */
  readonly redisMs: number | undefined;
}

export interface NodeReport extends NodeCounters {
  /** True while the node drains. */
  readonly draining: boolean;
  /** True while a page of this node draws the cluster, so that the node needs views of it. */
  readonly watched: boolean;
  /** Connections of the plain WebSocket echo. */
  readonly plain: number;
  /** Rooms that clients of this node are in. */
  readonly rooms: number;
  /** True when its Redis answers; undefined for a node without Redis. */
  readonly redis: boolean | undefined;
  /** Milliseconds by which timers were late since the last report: the 99th percentile, and the worst. */
  readonly delayP99: number;
  readonly delayMax: number;
  /** Share of the time since the last report in which the event loop was busy, 0 to 1. */
  readonly utilization: number;
  /** Resident memory in bytes. */
  readonly rss: number;
}

/** Marks a report, so that it can be recognized on the channel. */
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
  const { redis, redisMs } = fields;
  return {
    draining: fields['draining'] === true,
    polling: number('polling'),
    websocket: number('websocket'),
    watched: fields['watched'] === true,
    events: number('events'),
    said: number('said'),
    redisMs: typeof redisMs === 'number' ? redisMs : undefined,
    plain: number('plain'),
    rooms: number('rooms'),
    redis: typeof redis === 'boolean' ? redis : undefined,
    delayP99: number('delayP99'),
    delayMax: number('delayMax'),
    utilization: number('utilization'),
    rss: number('rss'),
  };
}
