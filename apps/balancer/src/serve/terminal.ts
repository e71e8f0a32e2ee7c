/** The environment variable that marks the process that becomes the daemon. */
export const DAEMON_MARKER = 'PINWHEEL_DAEMON';

/** True in the process that becomes the daemon. Its parent waits until it serves. */
export const isDaemon = takeMarker();

/** Removes the marker, so that processes started by this one do not see it. */
function takeMarker(): boolean {
  const isMarked = process.env[DAEMON_MARKER] !== undefined && process.connected;
  delete process.env[DAEMON_MARKER];
  return isMarked;
}

/** The messages of a daemon to the process that started it. */
export type DaemonMessage = { readonly print: string } | { readonly serving: true };

export function isDaemonMessage(message: unknown): message is DaemonMessage {
  return typeof message === 'object' && message !== null && ('print' in message || 'serving' in message);
}

/**
 * Writes to the stderr of the shell that started the program. The stderr of a daemon is its error log, so its waiting
 * parent writes the text.
 *
 * @param text a byte string
 */
export function printToTerminal(text: string): void {
  if (!isDaemon) process.stderr.write(Buffer.from(text, 'latin1'));
  else if (process.connected) process.send?.({ print: text } satisfies DaemonMessage);
}

/** Notifies the waiting parent of a daemon, if there is one, that the daemon serves. */
export function notifyServing(): void {
  if (!isDaemon || !process.connected) return;
  process.send?.({ serving: true } satisfies DaemonMessage, () => {
    if (process.connected) process.disconnect();
  });
}
