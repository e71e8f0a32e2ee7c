import { fork } from 'node:child_process';
import type { FromWorker, ToWorker } from '../worker/messages.js';
import { LoadWorker } from '../worker/load-worker.js';

/** What a worker runs in, as its owner sees it. */
export interface WorkerHost {
  /** Sends a message; one to a worker that has ended is lost. */
  send(message: ToWorker): void;
  /** Ends it at once. */
  end(): void;
}

export interface WorkerEvents {
  onMessage: (message: FromWorker) => void;
  /** It has ended, whatever the reason; called once. */
  onEnd: () => void;
}

/** Less room for short-lived objects than usual: memory is what many clients take, and the worker is no slower. */
const SEMI_SPACE_MB = 8;

const file = new URL('../worker/main.js', import.meta.url);

/**
 * The worker in this process, on its thread: Node.js and what it loads are in memory once, and are loaded once. What it
 * shares with the rest of the program, which is idle between seconds, is the CPU account.
 */
export function startHere({ onEnd, onMessage }: WorkerEvents): WorkerHost {
  let ended = false;
  const end = (): void => {
    if (!ended) onEnd();
    ended = true;
  };
  const worker = new LoadWorker(onMessage, end);
  return { send: (message) => worker.hear(message), end };
}

/** The worker as a process. */
export function startProcess({ onEnd, onMessage }: WorkerEvents): WorkerHost {
  const child = fork(file, [], {
    execArgv: [`--max-semi-space-size=${SEMI_SPACE_MB}`],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  let ended = false;
  const end = (): void => {
    if (!ended) onEnd();
    ended = true;
  };
  child.on('message', onMessage);
  child.on('error', end);
  child.once('exit', end);
  return {
    send: (message) => {
      if (child.connected) child.send(message);
    },
    end: () => void child.kill('SIGKILL'),
  };
}
