import { spawn } from 'node:child_process';
import { DAEMON_MARKER, isDaemonMessage, printToTerminal } from '../serve/terminal.js';

/**
 * Starts this program again as a daemon, in a session of its own and with the same command line, and waits until it serves.
 *
 * @param stderr file descriptor of the daemon's stderr, where Node writes a fatal error; `inherit` for ours
 * @returns the exit code: 0 when the daemon has bound its listeners and written its pid file, else the daemon's, or 1
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
      if ('print' in message) printToTerminal(message.print);
      else {
        child.unref();
        if (child.connected) child.disconnect();
        resolve(0);
      }
    });
    child.once('error', (error) => {
      printToTerminal(`pinwheel: [alert] the daemon could not be started: ${error.message}\n`);
      resolve(1);
    });
    // Messages may arrive after the exit event: all of them have arrived when the channel is closed.
    child.once('exit', (exitCode) => {
      code = exitCode ?? 1;
      if (!child.connected) resolve(code || 1);
    });
    child.once('disconnect', () => {
      if (code !== undefined) resolve(code || 1);
    });
  });
}
