#!/usr/bin/env node
import { constants } from 'node:os';
import { onStopSignal, packageVersion, UsageError } from '@pinwheel/balancer';
import { startCluster } from './cluster.js';
import { ClusterFailure } from './cluster-failure.js';
import { type ClusterOptions, HELP, readCommand } from './options.js';

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function start(options: ClusterOptions): Promise<void> {
  const stopping = new AbortController();
  const starting = startCluster({ ...options, log: say, signal: stopping.signal });
  onStopSignal(
    () => {
      stopping.abort();
      starting
        .then((cluster) => cluster.stop())
        .catch((error: unknown) => {
          // The start was given up, as it should be.
          if (!(error instanceof ClusterFailure) && error !== stopping.signal.reason) throw error;
        })
        .then(
          () => process.exit(0),
          (error: unknown) => {
            say(`pinwheel: stopping failed: ${String(error)}`);
            process.exit(1);
          },
        );
    },
    // The processes end by themselves when their channel to this one closes.
    (signal) => process.exit(128 + constants.signals[signal]),
  );
  try {
    const cluster = await starting;
    process.stdout.write(`ready ${cluster.url} nodes=${options.nodes} redis=${cluster.redis.shown}\n`);
  } catch (error) {
    if (stopping.signal.aborted) return;
    if (!(error instanceof ClusterFailure)) throw error;
    say(`pinwheel: ${error.message}`);
    process.exit(1);
  }
}

// Whoever read our output may be gone; the cluster goes on without a reader.
const readerGone = (): void => undefined;
process.stdout.on('error', readerGone);
process.stderr.on('error', readerGone);

try {
  const { command, options } = readCommand(process.argv.slice(2), process.env);
  if (command === 'help') process.stdout.write(HELP);
  else if (command === 'version') process.stdout.write(`${packageVersion(import.meta.url)}\n`);
  else await start(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  say(`pinwheel: ${error.message}`);
  process.exitCode = 2;
}
