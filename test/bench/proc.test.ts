import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cpuOf, memoryOf, openFileLimit, readCpu, readMemory } from './process/proc.js';

test('CPU time is utime and stime, whatever the command is called', () => {
  const fields = 'S 1 7 7 0 -1 4194560 900 0 0 0 150 50 9 9 20 0 11 0 100 0 0';
  expect(cpuOf(`7 (node) ${fields}`)).toBe(2_000_000);
  expect(cpuOf(`7 (a) S 1 (b ) ${fields}`)).toBe(2_000_000);
});

test('resident memory is VmRSS', () => {
  expect(memoryOf('Name:\tnode\nVmHWM:\t  90 kB\nVmRSS:\t      64 kB\nThreads:\t1\n')).toBe(65_536);
  expect(memoryOf('Name:\tkthreadd\n')).toBeNaN();
});

test('a process that has ended makes the sum NaN', () => {
  expect(readCpu([2 ** 30])).toBeNaN();
  expect(readMemory([2 ** 30])).toBeNaN();
});

test.runIf(process.platform === 'linux')('the figures of this process equal those of Node', () => {
  const { user, system } = process.cpuUsage();
  const cpu = readCpu([process.pid]);
  expect(Math.abs(cpu - user - system)).toBeLessThan(200_000);
  expect(readMemory([process.pid]) / process.memoryUsage.rss()).toBeCloseTo(1, 0);
  expect(openFileLimit()).toBeGreaterThan(0);
  expect(readFileSync('/proc/self/stat', 'latin1')).toContain(String(process.pid));
});
