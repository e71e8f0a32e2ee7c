/** Milliseconds in which a repeated signal is the same wish: on Ctrl-C the terminal tells us, and npm tells us again. */
const ECHO = 1_000;

export type StopSignal = 'SIGINT' | 'SIGTERM';

/**
 * Calls `stop` at the first SIGINT or SIGTERM, and `stopNow` when another one comes at least a second later.
 *
 * @returns takes the listeners away
 */
export function onStopSignal(stop: (signal: StopSignal) => void, stopNow: (signal: StopSignal) => void): () => void {
  let first: number | undefined;
  const told = (signal: StopSignal): void => {
    const now = performance.now();
    if (first === undefined) {
      first = now;
      stop(signal);
    } else if (now - first >= ECHO) {
      stopNow(signal);
    }
  };
  process.on('SIGINT', told);
  process.on('SIGTERM', told);
  return () => {
    process.off('SIGINT', told);
    process.off('SIGTERM', told);
  };
}
