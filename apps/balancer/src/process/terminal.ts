/** Set in the environment of the process that is to be the daemon. */
export const DAEMON_MARKER = 'PINWHEEL_DAEMON';

/** Whether this process was started to be the daemon; one that started it waits to hear that it serves. */
export const isDaemon = takeMarker();

/** The marker is not for the processes that this one starts. */
function takeMarker(): boolean {
  const isMarked = process.env[DAEMON_MARKER] !== undefined && process.connected;
  delete process.env[DAEMON_MARKER];
  return isMarked;
}

/** What a daemon sends to the process that started it. */
export type DaemonMessage = { readonly tell: string } | { readonly serving: true };

export function isDaemonMessage(message: unknown): message is DaemonMessage {
  return typeof message === 'object' && message !== null && ('tell' in message || 'serving' in message);
}

/**
 * Writes to the stderr of whoever started the program. A daemon, whose own stderr is its error log, has it written by
 * the process that waits for it.
 *
 * @param text a byte string
 */
export function tellTerminal(text: string): void {
  if (!isDaemon) process.stderr.write(Buffer.from(text, 'latin1'));
  else if (process.connected) process.send?.({ tell: text } satisfies DaemonMessage);
}

/** Tells the process that started a daemon, if there is one, that it need not wait any longer. */
export function tellServing(): void {
  if (!isDaemon || !process.connected) return;
  process.send?.({ serving: true } satisfies DaemonMessage, () => {
    if (process.connected) process.disconnect();
  });
}
