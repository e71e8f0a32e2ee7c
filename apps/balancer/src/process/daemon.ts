import { spawn } from 'node:child_process';
import { DAEMON_MARKER, isDaemonMessage, tellTerminal } from './terminal.js';

/**
 * Starts this program once more, in a session of its own and with the same command line, and waits until it serves.
 *
 * @param stderr file descriptor of the daemon's stderr, where Node writes what it dies of; `inherit` for ours
 * @returns the exit code: 0 when the daemon has bound its listeners and written its pid file, else its own, or 1
 */
export function startDaemon(stderr: number | 'inherit'): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    env: { ...process.env, [DAEMON_MARKER]: '1' },
    stdio: ['ignore', 'ignore', stderr, 'ipc'],
  });
  return new Promise((resolve) => {
    let code: number | undefined;
    child.on('message', (message) => {
      if (!isDaemonMessage(message)) return;
      if ('tell' in message) tellTerminal(message.tell);
      else {
        child.unref();
        if (child.connected) child.disconnect();
        resolve(0);
      }
    });
    child.once('error', (error) => {
      tellTerminal(`pinwheel: [alert] the daemon could not be started: ${error.message}\n`);
      resolve(1);
    });
    // What it has told may come after the news of its end: the channel is through when it is closed.
    child.once('exit', (exitCode) => {
      code = exitCode ?? 1;
      if (!child.connected) resolve(code || 1);
    });
    child.once('disconnect', () => {
      if (code !== undefined) resolve(code || 1);
    });
  });
}
