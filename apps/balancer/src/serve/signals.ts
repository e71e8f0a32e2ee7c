import { constants } from 'node:os';

/** What the signals of a serving process do. */
export interface SignalActions {
  /** Ends at once. */
  stop(): void;
  /** Ends when the open requests and tunnels have ended. */
  quit(): void;
  reload(): void;
  reopen(): void;
  log(message: string): void;
}

/** Obeys the signals that nginx obeys, and logs each. */
export function obeySignals(actions: SignalActions): void {
  const on = (signal: NodeJS.Signals, what: string, act: () => void): void => {
    process.on(signal, () => {
      actions.log(`signal ${constants.signals[signal]} (${signal}) received, ${what}`);
      act();
    });
  };
  on('SIGTERM', 'exiting', () => actions.stop());
  on('SIGINT', 'exiting', () => actions.stop());
  on('SIGQUIT', 'shutting down', () => actions.quit());
  on('SIGHUP', 'reconfiguring', () => actions.reload());
  on('SIGUSR1', 'reopening logs', () => actions.reopen());
  // We do not serve these two; without a listener SIGUSR2 would end the process.
  on('SIGUSR2', 'ignored: the program cannot be exchanged while it runs', () => undefined);
  on('SIGWINCH', 'ignored: to stop accepting without ending is not served', () => undefined);
}
