import { Roster } from '@pinwheel/roster';
import type { EventEmitter } from 'node:events';

/** The part of an Engine.IO session that is used here. */
export interface Session {
  readonly readyState: string;
  readonly upgrading: boolean;
  readonly transport: {
    readonly name: string;
    /** True when everything was sent and more can be. */
    writable: boolean;
    close(): void;
    emit(event: 'close'): unknown;
  };
  /** Closes the transport, after which a client with default options reconnects. */
  close(discard?: boolean): void;
  once(event: 'close', listener: () => void): unknown;
}

/** The open Engine.IO sessions of this server, in any namespaces. */
export class Sessions {
  readonly #open = new Roster<Session>();
  readonly #onOpen: (session: Session) => void;

  /** @param onOpen called with every new session */
  constructor(engine: EventEmitter, onOpen: (session: Session) => void) {
    this.#onOpen = onOpen;
    engine.on('connection', (session: Session) => this.#add(session));
  }

  get size(): number {
    return this.#open.size;
  }

  /** Sessions with this transport now. */
  count(transport: string): number {
    let count = 0;
    for (const session of this.#open) if (session.transport.name === transport) count++;
    return count;
  }

  [Symbol.iterator](): Iterator<Session> {
    return this.#open[Symbol.iterator]();
  }

  #add(session: Session): void {
    const place = this.#open.join(session);
    session.once('close', () => this.#open.leave(place));
    this.#onOpen(session);
  }
}
