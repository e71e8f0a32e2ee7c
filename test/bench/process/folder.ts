import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@pinwheel/testing/ports';
import type { Launched } from './launch.js';

const folders = new Set<string>();

process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/**
 * A program that needs a folder with its configuration and a free port. `start` uses both; the folder is removed when
 * the program has ended or could not start.
 */
export async function launchInFolder(
  start: (folder: string, port: number) => Promise<Launched>,
): Promise<Launched & { readonly port: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'pinwheel-bench-'));
  const remove = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true });
    folders.delete(folder);
  };
  folders.add(folder);
  try {
    const port = await freePort();
    const launched = await start(folder, port);
    return {
      pid: launched.pid,
      port,
      async stop() {
        await launched.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
