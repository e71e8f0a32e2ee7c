/**
 * Milliseconds in which a second signal is an echo of the first one: on Ctrl-C the terminal signals the whole group, and
 * npm passes the signal on.
 */
const ECHO = 1_000;

export type StopSignal = 'SIGINT' | 'SIGTERM';

/**
 * Calls `stop` at the first SIGINT or SIGTERM, and `stopNow` at another one at least a second later.
 *
 * @returns a function that removes the listeners
 */
export function onStopSignal(stop: (signal: StopSignal) => void, stopNow: (signal: StopSignal) => void): () => void {
  let first: number | undefined;
  const onSignal = (signal: StopSignal): void => {
    const now = performance.now();
    if (first === undefined) {
      first = now;
      stop(signal);
    } else if (now - first >= ECHO) {
      stopNow(signal);
    }
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return () => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  };
}
