/**
 * Runs `leave` at the first of `signals`, and then lets the signal have its default effect, unless the process has other
 * listeners for it. A second signal has that effect at once.
 *
 * @returns a function that stops listening
 */
export function onSignals(signals: readonly NodeJS.Signals[], leave: () => Promise<void>): () => void {
  let leaving = false;

  function stop(): void {
    for (const signal of signals) process.removeListener(signal, onSignal);
  }

  function end(signal: NodeJS.Signals): void {
    stop();
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  }

  function onSignal(signal: NodeJS.Signals): void {
    if (leaving) {
      end(signal);
      return;
    }
    leaving = true;
    leave().then(
      () => end(signal),
      (error: unknown) => {
        console.error('drain failed:', error);
        end(signal);
      },
    );
  }

  for (const signal of signals) process.on(signal, onSignal);
  return stop;
}
