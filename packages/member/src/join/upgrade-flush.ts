import type { EventEmitter } from 'node:events';

/** What is used of an Engine.IO session. */
interface UpgradingSession {
  readonly readyState: string;
  readonly transport: {
    readonly name: string;
    readonly writable: boolean;
    send(packets: readonly { readonly type: 'noop' }[]): void;
  };
  once(event: 'upgrading', listener: () => void): unknown;
}

/** Milliseconds after the probe at which a waiting poll is answered. Engine.IO itself looks every 100 ms. */
const LOOKS = [2, 10, 30] as const;

/**
 * Ends the poll that an upgrading client waits for. An Engine.IO client that has probed its WebSocket stops polling, and
 * goes on only when the poll under way is answered; the server answers it with a `noop` (Engine.IO protocol, "Upgrade")
 * at its next look, up to 100 ms later. Looking sooner makes the upgrade that much quicker for all who lose that race:
 * nearly everybody on a network, about one in ten on one machine.
 */
export function flushUpgradingPolls(engine: EventEmitter): void {
  engine.on('connection', (session: UpgradingSession) => {
    session.once('upgrading', () => {
      for (const delay of LOOKS) setTimeout(answerPoll, delay, session).unref();
    });
  });
}

function answerPoll(session: UpgradingSession): void {
  const { readyState, transport } = session;
  if (readyState === 'open' && transport.name === 'polling' && transport.writable) transport.send([{ type: 'noop' }]);
}
