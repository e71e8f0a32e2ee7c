#!/usr/bin/env node
import { printAbout, reportUsageError } from '@pinwheel/cli';
import { receiveHandOffs } from '@pinwheel/member';
import { type NodeCommand, type NodeConfig, PROGRAM, readNodeCommand } from './config.js';
import { ListenError, startNode } from './node.js';
import type { RunningNode } from './node.js';
import { reportToParent } from './cluster/report.js';

/** Milliseconds to drain when the process that started this one has exited: no operator waits for the sessions then. */
const ORPHAN_DRAIN_MS = 500;

function readCommandOrExit(): NodeCommand {
  try {
    return readNodeCommand(process.argv.slice(2), process.env);
  } catch (error) {
    process.exit(reportUsageError(PROGRAM.name, error));
  }
}

async function startOrExit(config: NodeConfig): Promise<RunningNode> {
  try {
    return await startNode(config, (line) => console.error(`${config.server}: ${line}`));
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    console.error(`${PROGRAM.name}: ${error.message}`);
    process.exit(1);
  }
}

/** The node of this process, from its start to its exit. */
class NodeProgram {
  readonly #config: NodeConfig;
  #node: RunningNode | undefined;
  #leaving: NodeJS.Signals | 'orphan' | undefined;
  #stopTaking: (() => void) | undefined;

  constructor(config: NodeConfig) {
    this.#config = config;
  }

  async run(): Promise<void> {
    process.on('SIGTERM', () => this.#leave('SIGTERM'));
    process.on('SIGINT', () => this.#leave('SIGINT'));
    process.on('disconnect', () => this.#leave('orphan', ORPHAN_DRAIN_MS));
    const node = await startOrExit(this.#config);
    this.#node = node;
    const { server, url, port, tag, redis } = node;
    console.log(`node ${server} ${url} tag=${tag} redis=${redis}`);
    if (process.send !== undefined) this.#takeHandOffs(node);
    process.send?.({ type: 'listening', port, tag });
    reportToParent(node);
  }

  #takeHandOffs({ http, member }: RunningNode): void {
    const pipe = process.env['HAND_OFF_FD'];
    const isDraining = (): boolean => member.state === 'drain';
    this.#stopTaking = receiveHandOffs(http, isDraining, process, pipe === undefined ? undefined : Number(pipe));
  }

  /** Drains the sessions and exits. */
  #leave(why: NodeJS.Signals | 'orphan', timeoutMs?: number): void {
    const node = this.#node;
    if (node === undefined) process.exit(0);
    if (this.#leaving !== undefined) {
      // The same signal again comes from a person who will not wait. Another one is the same Ctrl-C, passed on by a parent.
      if (this.#leaving === why) process.exit(1);
      return;
    }
    this.#leaving = why;
    node.member
      .drain(timeoutMs === undefined ? {} : { timeoutMs })
      .then(() => node.close())
      .then(
        () => {
          this.#stopTaking?.();
          process.exit(0);
        },
        (error: unknown) => {
          console.error(`${this.#config.server}: shutting down failed:`, error);
          process.exit(1);
        },
      );
  }
}

const command = readCommandOrExit();
if (command.kind === 'start') await new NodeProgram(command.config).run();
else printAbout(PROGRAM, command.kind, import.meta.url);
