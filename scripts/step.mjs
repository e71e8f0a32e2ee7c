// One step of the preparation: a child process that is silent unless it takes long or fails.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** Milliseconds after which a step that still runs is announced. */
const QUIET = 400;
/** Milliseconds between a signal and SIGKILL: npm would go on for seconds. */
const GRACE = 500;

/** A step failed. The message is for the user and contains the step's whole output. */
export class StepFailure extends Error {}

let running;
let held;

/**
 * Runs one command to its end.
 *
 * @param {string} title names the step, such as `compiling`
 * @param {readonly string[]} command program and arguments
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, shell?: boolean }} options
 * @throws StepFailure when it cannot be started or does not exit with 0
 */
export async function runStep(title, [program, ...args], options) {
  const started = performance.now();
  let announced = false;
  const announce = setTimeout(() => {
    announced = true;
    process.stderr.write(`pinwheel: ${title} ... `);
  }, QUIET);
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  running = child;
  held?.note(child.pid);
  const output = [];
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => output.push(chunk));
  const how = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? '' : (signal ?? `exit code ${code}`)));
  });
  running = undefined;
  held?.note(undefined);
  clearTimeout(announce);
  if (how === '') {
    if (announced) process.stderr.write(`${((performance.now() - started) / 1000).toFixed(1)} s\n`);
    return;
  }
  const text = Buffer.concat(output).toString().trimEnd();
  throw new StepFailure(
    `${announced ? 'failed\n' : ''}${text}${text && '\n'}pinwheel: ${title} failed (${how}): ${[program, ...args].join(' ')}`,
  );
}

/**
 * Until the returned function is called, SIGINT, SIGTERM and SIGHUP end the running step, free the lock and end this
 * process: a step that outlived it would change the tree while the next one starts.
 *
 * @param {{ note(child: number | undefined): void, release(): void }} lock gets the process id of the running step
 */
export function endOnSignal(lock) {
  held = lock;
  const end = (signal) => {
    const leave = () => {
      lock.release();
      process.exit(128 + constants.signals[signal]);
    };
    if (running === undefined) leave();
    else {
      running.removeAllListeners('close');
      running.once('close', leave);
      running.kill(signal);
      setTimeout(() => running?.kill('SIGKILL'), GRACE);
    }
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, end);
  return () => {
    held = undefined;
    for (const signal of signals) process.off(signal, end);
  };
}
