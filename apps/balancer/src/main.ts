#!/usr/bin/env node
import { isNginxForm } from './process/command-line.js';
import { runAsNginx } from './process/run.js';
import { runWithFlags } from './run-with-flags.js';

// Whoever read our output may be gone; the balancer goes on without a reader.
const readerGone = (): void => undefined;
process.stdout.on('error', readerGone);
process.stderr.on('error', readerGone);

const args = process.argv.slice(2);
const code = await (isNginxForm(args) ? runAsNginx(args) : runWithFlags(args));
// Listeners may be bound already when the start fails.
if (code !== undefined) process.exit(code);
