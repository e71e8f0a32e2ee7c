#!/usr/bin/env node
import { constants } from 'node:os';
import { onStopSignal, printAbout, reportUsageError, surviveClosedOutput } from '@pinwheel/cli';
import { startCluster } from './cluster.js';
import { ClusterFailure } from './process/failure.js';
import { type ClusterOptions, PROGRAM, readClusterCommand } from './options.js';

function log(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function start(options: ClusterOptions): Promise<void> {
  const stopping = new AbortController();
  const starting = startCluster({ ...options, log, signal: stopping.signal });
  onStopSignal(
    () => {
      stopping.abort();
      starting
        .then((cluster) => cluster.stop())
        .catch((error: unknown) => {
          // The abort makes a start that is in flight fail, as it should.
          if (!(error instanceof ClusterFailure) && error !== stopping.signal.reason) throw error;
        })
        .then(
          () => process.exit(0),
          (error: unknown) => {
            log(`${PROGRAM.name}: stopping failed: ${String(error)}`);
            process.exit(1);
          },
        );
    },
    // Nodes and Redis exit when their channel to this process closes.
    (signal) => process.exit(128 + constants.signals[signal]),
  );
  try {
    const cluster = await starting;
    process.stdout.write(`ready ${cluster.url} nodes=${options.nodes} redis=${cluster.redis.shown}\n`);
  } catch (error) {
    if (stopping.signal.aborted) return;
    if (!(error instanceof ClusterFailure)) throw error;
    log(`${PROGRAM.name}: ${error.message}`);
    process.exit(1);
  }
}

surviveClosedOutput();
try {
  const command = readClusterCommand(process.argv.slice(2), process.env);
  if (command.kind === 'start') await start(command.options);
  else printAbout(PROGRAM, command.kind, import.meta.url);
} catch (error) {
  process.exitCode = reportUsageError(PROGRAM.name, error);
}
