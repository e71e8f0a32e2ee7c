import type { EventEmitter } from 'node:events';

/** The part of a Socket.IO 4 server that is used here. */
export interface SocketIoServer {
  /** Undefined until the server is attached. */
  readonly engine: object;
  readonly httpServer: object;
  path(): string;
  bind(engine: object): unknown;
  close(): unknown;
}

/**
 * Calls `use` with the Engine.IO server of a Socket.IO server: now if it is attached, else as soon as it is. There is no
 * event for that; `bind` is the public step of `attach` that has both.
 */
export function withEngine(io: SocketIoServer, use: (engine: EventEmitter) => void): void {
  if (io.engine !== undefined) {
    use(io.engine as EventEmitter);
    return;
  }
  const bind = io.bind.bind(io);
  io.bind = (engine) => {
    const result = bind(engine);
    use(engine as EventEmitter);
    return result;
  };
}
