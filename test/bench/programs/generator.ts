/** The load generator: sends `ready`, then answers each `Job` with an `Answer`, one after another. */
import { connectSio } from '../load/connect-sio.js';
import { connectWs } from '../load/connect-ws.js';
import { fanOut } from '../load/fan-out.js';
import { idle } from '../load/idle.js';
import type { Answer, Figures, Job } from '../load/job.js';
import { polling } from '../load/polling.js';
import { wsEcho } from '../load/ws-echo.js';

const LOADS: Readonly<Record<Job['load'], (job: Job) => Promise<Figures>>> = {
  'ws-echo': wsEcho,
  polling,
  'connect-ws': connectWs,
  'connect-sio': connectSio,
  idle,
  'fan-out': fanOut,
};

async function work(job: Job): Promise<Answer> {
  try {
    return { figures: await LOADS[job.load](job) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

process.on('message', (job: Job) => {
  void work(job).then((answer) => process.send?.(answer));
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
