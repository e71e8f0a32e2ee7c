import { constants } from 'node:os';
import { type ErrorLog, fileFailureMessage, systemReason } from '@pinwheel/nginx-disk';
import type { SignalWord } from './command-line.js';
import { pidIn, readPidText } from '../serve/pid-file.js';

const MEANT = { stop: 'SIGTERM', quit: 'SIGQUIT', reload: 'SIGHUP', reopen: 'SIGUSR1' } as const satisfies Record<
  SignalWord,
  NodeJS.Signals
>;

/**
 * Signals the process that serves a configuration (`-s`).
 *
 * @param pidPath the pid file of that process
 * @returns true when the signal was sent; otherwise the reason is in the log
 */
export function signalProcess(word: SignalWord, pidPath: string, log: ErrorLog): boolean {
  log.log('notice', 'signal process started');
  let text: string;
  try {
    text = readPidText(pidPath);
  } catch (error) {
    log.log('error', fileFailureMessage(pidPath, error));
    return false;
  }
  const pid = pidIn(text);
  if (pid === undefined) {
    log.log('error', `invalid PID number "${text}" in "${pidPath}"`);
    return false;
  }
  const signal = MEANT[word];
  try {
    process.kill(pid, signal);
  } catch (error) {
    log.log('alert', `kill(${pid}, ${constants.signals[signal]}) failed (${systemReason(error)})`);
    return false;
  }
  return true;
}
