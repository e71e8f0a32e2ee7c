import { fork } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import type { FromWorker, ToWorker } from '../wire.js';

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
/** The two semi-spaces, and what V8 allows beside them. */
const YOUNG_MB = 3 * SEMI_SPACE_MB;

const file = new URL('../worker/main.js', import.meta.url);

/**
 * The worker as a thread of this process: Node.js and what it loads are in memory once. What a thread cannot have of its
 * own are the process's CPU account, memory and limit of open files, so that there is only one of them.
 */
export function startThread({ onEnd, onMessage }: WorkerEvents): WorkerHost {
  const thread = new Worker(file, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
  thread.on('message', onMessage);
  // A process that ends by an error says so itself.
  thread.on('error', (error) => process.stderr.write(`${error.stack ?? error.message}\n`));
  thread.once('exit', onEnd);
  return {
    send: (message) => thread.postMessage(message, []),
    end: () => void thread.terminate(),
  };
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
