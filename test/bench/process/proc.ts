import { readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second wherever Node runs (`getconf CLK_TCK`). */
const TICK_MICROSECONDS = 10_000;

/**
 * CPU time of a process with all of its threads, from the text of `/proc/PID/stat`: utime and stime, in microseconds.
 * The time of its children is not included.
 */
export function cpuOf(stat: string): number {
  // The format is "pid (command) state ppid ...". The command may contain blanks and brackets; the state is field 3.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS;
}

/** Resident memory in bytes, from the text of `/proc/PID/status`: VmRSS. */
export function memoryOf(status: string): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? Number.NaN : Number(kibibytes) * 1_024;
}

/** CPU time of the processes together, in microseconds; NaN without `/proc` or when one of them has ended. */
export function readCpu(pids: readonly number[]): number {
  return sum(pids, (pid) => cpuOf(readFileSync(`/proc/${pid}/stat`, 'latin1')));
}

/** Resident memory of the processes together, in bytes; NaN without `/proc` or when one of them has ended. */
export function readMemory(pids: readonly number[]): number {
  return sum(pids, (pid) => memoryOf(readFileSync(`/proc/${pid}/status`, 'latin1')));
}

function sum(pids: readonly number[], read: (pid: number) => number): number {
  try {
    return pids.reduce((total, pid) => total + read(pid), 0);
  } catch {
    return Number.NaN;
  }
}

/** How many files and sockets a child process may have open (`ulimit -n`); Infinity when the limit is unknown. */
export function openFileLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
