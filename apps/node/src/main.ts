#!/usr/bin/env node
import { receiveHandOffs } from '@pinwheel/member';
import { ConfigError, readConfig } from './config.js';
import type { NodeConfig } from './config.js';
import { ListenError, startNode } from './node.js';
import type { RunningNode } from './node.js';
import { reportToParent } from './cluster/report.js';

/** Milliseconds for the sessions when the process that started this one is gone: nobody waits for them. */
const ORPHAN_DRAIN_MS = 500;

function config(): NodeConfig {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`pinwheel-node: ${error.message}`);
    process.exit(2);
  }
}

async function start(settings: NodeConfig): Promise<RunningNode> {
  try {
    return await startNode(settings, (line) => console.error(`${settings.server}: ${line}`));
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    console.error(`pinwheel-node: ${error.message}`);
    process.exit(1);
  }
}

const settings = config();
let leaving: NodeJS.Signals | 'orphan' | undefined;
let started: RunningNode | undefined;
let stopTaking: (() => void) | undefined;

/** Hands the sessions back and ends the process. */
function leave(why: NodeJS.Signals | 'orphan', timeoutMs?: number): void {
  if (started === undefined) process.exit(0);
  if (leaving !== undefined) {
    // The same signal again is a person who will not wait. Another one is the same Ctrl-C, passed on by a parent.
    if (leaving === why) process.exit(1);
    return;
  }
  leaving = why;
  const node = started;
  node.member
    .drain(timeoutMs === undefined ? {} : { timeoutMs })
    .then(() => node.close())
    .then(
      () => {
        stopTaking?.();
        process.exit(0);
      },
      (error: unknown) => {
        console.error(`${settings.server}: could not end in order:`, error);
        process.exit(1);
      },
    );
}

process.on('SIGTERM', () => leave('SIGTERM'));
process.on('SIGINT', () => leave('SIGINT'));
process.on('disconnect', () => leave('orphan', ORPHAN_DRAIN_MS));

const node = await start(settings);
started = node;
const { server, url, port, tag, redis } = node;
console.log(`node ${server} ${url} tag=${tag} redis=${redis}`);
if (process.send !== undefined) {
  const pipe = process.env['HAND_OFF_FD'];
  const isDraining = (): boolean => node.member.state === 'drain';
  stopTaking = receiveHandOffs(node.http, isDraining, process, pipe === undefined ? undefined : Number(pipe));
}
process.send?.({ type: 'listening', port, tag });
reportToParent(node);
