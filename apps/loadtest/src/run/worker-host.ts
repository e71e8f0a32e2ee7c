import { fork } from 'node:child_process';
import type { FromWorker, ToWorker } from '../worker/messages.js';
import { LoadWorker } from '../worker/load-worker.js';

/** The place that a worker runs in. */
export interface WorkerHost {
  /** Sends a message. It is lost if the worker has ended. */
  send(message: ToWorker): void;
  /** Ends the worker at once. */
  end(): void;
}

export interface WorkerEvents {
  onMessage: (message: FromWorker) => void;
  /** Called once, when the worker has ended for any reason. */
  onEnd: () => void;
}

/** A smaller young generation than Node's default: many clients need the memory, and the worker is no slower. */
const SEMI_SPACE_MB = 8;

const file = new URL('../worker/main.js', import.meta.url);

/**
 * Runs the worker on the thread of this process, so that Node and all modules are loaded only once. The rest of the program, which
 * is idle between seconds, counts towards the worker's CPU.
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

/** Runs the worker as a process of its own. */
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
