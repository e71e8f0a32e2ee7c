import { constants } from 'node:os';

/** The actions of the signals of a serving process. */
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
  // These two signals are not supported; without a listener SIGUSR2 would end the process.
  on('SIGUSR2', 'ignored: replacing the running program is not supported', () => undefined);
  on('SIGWINCH', 'ignored: closing the listeners without exiting is not supported', () => undefined);
}
