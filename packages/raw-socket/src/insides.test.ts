import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type * as insidesModule from './insides.js';
import type * as proofModule from './proof.js';

type Binding = (name: string) => Record<string, unknown>;
const host = process as unknown as { binding: Binding };

let warnings: string[] = [];

beforeEach(() => {
  warnings = [];
  vi.resetModules();
  vi.stubEnv('PINWHEEL_PLAIN_SOCKETS', '');
  vi.spyOn(process, 'emitWarning').mockImplementation((warning) => {
    warnings.push(String(warning));
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Fresh modules, on a Node whose bindings are changed by `change`. */
async function load(
  change?: (name: string, found: Record<string, unknown>) => Record<string, unknown>,
): Promise<typeof insidesModule & typeof proofModule> {
  if (change !== undefined) {
    const real = host.binding.bind(process);
    vi.spyOn(host, 'binding').mockImplementation((name) => change(name, real(name)));
  }
  return { ...(await import('./insides.js')), ...(await import('./proof.js')) };
}

describe('the insides', () => {
  test('insides are used on this Node, and a loopback exchange proves them without a warning', async () => {
    const { usesPlainSockets, plainSocketsNotice, proveInsides } = await load();
    expect([usesPlainSockets(), plainSocketsNotice()]).toEqual([false, undefined]);
    await proveInsides();
    expect(usesPlainSockets()).toBe(false);
    expect(warnings).toEqual([]);
  });

  test('insides are off with PINWHEEL_PLAIN_SOCKETS=1, without a warning', async () => {
    vi.stubEnv('PINWHEEL_PLAIN_SOCKETS', '1');
    const { insides, usesPlainSockets, plainSocketsNotice, proveInsides } = await load();
    await proveInsides();
    expect([insides(), usesPlainSockets()]).toEqual([undefined, true]);
    expect(plainSocketsNotice()).toBe(
      'plain sockets (PINWHEEL_PLAIN_SOCKETS=1): WebSockets are tunnelled, not handed off',
    );
    expect(warnings).toEqual([]);
  });

  test.each<[string, string, (name: string, found: Record<string, unknown>) => Record<string, unknown>]>([
    [
      'there is no process.binding',
      'a runtime without it',
      () => {
        throw new Error('No such binding');
      },
    ],
    [
      'stream_wrap.streamBaseState is not there',
      'another kind of state',
      (name, found) => (name === 'stream_wrap' ? { ...found, streamBaseState: [] } : found),
    ],
    [
      'pipe_wrap.Pipe is not there',
      'pipes without the usual methods',
      (name, found) => (name === 'pipe_wrap' ? { ...found, Pipe: Object } : found),
    ],
  ])('insides are off with a warning where %s: %s', async (problem, _what, change) => {
    const { usesPlainSockets } = await load(change);
    expect(usesPlainSockets()).toBe(true);
    expect(warnings).toEqual([expect.stringContaining(`is not as expected (${problem}): plain sockets are used`)]);
  });

  test('insides are turned off with a warning where the state of reads has another meaning', async () => {
    const { insides, usesPlainSockets, proveInsides } = await load((name, found) =>
      name === 'stream_wrap' ? { ...found, streamBaseState: new Int32Array(16) } : found,
    );
    expect(usesPlainSockets()).toBe(false);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const proof = proveInsides();
    await delay(100);
    vi.advanceTimersByTime(5_000);
    await proof;
    expect(insides()).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining('reads do not arrive at onread of the handle')]);
  });
});
