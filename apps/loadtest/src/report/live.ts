import type { Pulse } from '../worker/messages.js';
import { showMs, showValue } from './format.js';
import type { SeriesPoint } from './result.js';

/** One second of all workers together. */
export interface Second extends Pick<
  Pulse,
  'second' | 'online' | 'started' | 'counts' | 'outstanding' | 'disconnects' | 'failures'
> {
  /** Milliseconds from the planned send, of the deliveries of this second. */
  readonly p50: number | undefined;
  readonly p99: number | undefined;
  readonly max: number | undefined;
  readonly deliveries: number;
  readonly nodes: Readonly<Record<string, number>>;
  /** The CPU of the busiest worker. */
  readonly cpuPercent: number;
}

/** Shows the progress of a run. */
export interface Progress {
  /** Shows a line of its own. */
  note(line: string): void;
  second(second: Second, point: SeriesPoint): void;
}

const BAR = 30;
const NODES_MAX = 16;

/** The stream that shows the progress of a run. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  /** Characters of a line. */
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Draws a small table on a terminal, over the one of the second before; elsewhere a plain line every second. */
export function liveProgress(screen: Screen): Progress {
  let drawn = 0;
  const erase = (): void => {
    if (drawn > 0) screen.write(`\x1b[${drawn}A\x1b[0J`);
    drawn = 0;
  };
  return {
    note(line) {
      erase();
      screen.write(`${line}\n`);
    },
    second(second, point) {
      if (screen.isTTY !== true) {
        screen.write(`${secondLine(second, point)}\n`);
        return;
      }
      // A line that wraps would not be erased as a whole.
      const width = (screen.columns ?? 80) - 1;
      const lines = [secondLine(second, point), ...nodeBars(second.nodes)].map((line) => line.slice(0, width));
      erase();
      screen.write(`${lines.join('\n')}\n`);
      drawn = lines.length;
    },
  };
}

/** One second in one line. */
export function secondLine(second: Second, point: SeriesPoint): string {
  const { counts, disconnects, failures } = second;
  const parts = [
    `${String(point.at).padStart(3)}s ${point.phase}`,
    `online ${showValue(second.online)}/${showValue(point.clients)}`,
    `sent ${showValue(point.sent)}/s`,
    `delivered ${showValue(second.deliveries)}/s`,
    `p50 ${showMs(second.p50)}`,
    `p99 ${showMs(second.p99)}`,
    `missing ${showValue(counts.missingOnline + counts.missingOffline)}`,
  ];
  if (counts.duplicated > 0) parts.push(`duplicated ${showValue(counts.duplicated)}`);
  if (counts.outOfOrder > 0) parts.push(`out of order ${showValue(counts.outOfOrder)}`);
  if (disconnects > 0) parts.push(`disconnects ${showValue(disconnects)}`);
  if (failures > 0) parts.push(`failed attempts ${showValue(failures)}`);
  parts.push(`cpu ${second.cpuPercent.toFixed(0)} %`);
  return parts.join('  ');
}

/** A bar for each node, in proportion to the node with the most clients. */
function nodeBars(nodes: Readonly<Record<string, number>>): string[] {
  const entries = Object.entries(nodes).toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  const most = Math.max(1, ...entries.map(([, count]) => count));
  const width = Math.max(0, ...entries.map(([name]) => name.length));
  const lines = entries
    .slice(0, NODES_MAX)
    .map(
      ([name, count]) =>
        `  ${name.padEnd(width)} ${'█'.repeat(Math.round((BAR * count) / most)).padEnd(BAR)} ${showValue(count)}`,
    );
  if (entries.length > NODES_MAX) lines.push(`  and ${entries.length - NODES_MAX} more`);
  return lines;
}
