import type { EventEmitter } from 'node:events';

/** The part of an Engine.IO session that is used here. */
interface UpgradingSession {
  readonly readyState: string;
  readonly transport: {
    readonly name: string;
    readonly writable: boolean;
    send(packets: readonly { readonly type: 'noop' }[]): void;
  };
  once(event: 'upgrading', listener: () => void): unknown;
}

/** Milliseconds after the probe at which a waiting poll is answered. Engine.IO itself checks every 100 ms. */
const CHECKS = [2, 10, 30] as const;

/**
 * Ends the poll that an upgrading client waits for. An Engine.IO client that has probed its WebSocket stops polling,
 * and continues only when the poll in flight is answered (https://github.com/socketio/engine.io-client/issues/18). The
 * server answers it with a `noop` (Engine.IO protocol, "Upgrade") at its next check, up to 100 ms later. An earlier
 * check makes the upgrade that much faster for every client that loses this race: nearly all on a network, about one in
 * ten on one machine.
 */
export function flushUpgradingPolls(engine: EventEmitter): void {
  engine.on('connection', (session: UpgradingSession) => {
    session.once('upgrading', () => {
      for (const delay of CHECKS) setTimeout(answerPoll, delay, session).unref();
    });
  });
}

function answerPoll(session: UpgradingSession): void {
  const { readyState, transport } = session;
  if (readyState === 'open' && transport.name === 'polling' && transport.writable) transport.send([{ type: 'noop' }]);
}
