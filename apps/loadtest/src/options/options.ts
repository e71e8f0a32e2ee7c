import type { Assertion } from './assertion.js';
import type { TransportName, TransportShare } from './transports.js';

/** `room` sends a message to everyone in the room, `echo` to its sender alone. */
export type Mode = 'room' | 'echo';

/** The clients of the first step, how many each step adds, and the clients of the last step. */
export interface Ramp {
  readonly from: number;
  readonly by: number;
  readonly to: number;
}

/** An action on a node, `atMs` milliseconds after measuring began. */
export interface NodeAction {
  readonly verb: 'kill' | 'drain';
  readonly node: string;
  readonly atMs: number;
}

/** The options of a run, with every default filled in. */
export interface Options {
  /** The origin that the clients connect to. */
  readonly url: string;
  /** The number of clients; with a ramp, the number at its end. */
  readonly clients: number;
  /** The number of rooms or the clients per room; the other one is undefined and follows. */
  readonly rooms: number | undefined;
  readonly roomSize: number | undefined;
  readonly mode: Mode;
  /** Messages per second of a room; in mode `echo`, where every client is a room of its own, of a client. */
  readonly rate: number;
  /** Bytes of a payload. */
  readonly size: number;
  readonly durationMs: number;
  readonly warmupMs: number;
  /** Milliseconds after which a message counts as missing. */
  readonly settleMs: number;
  readonly transports: readonly TransportShare[];
  readonly ramp: Ramp | undefined;
  readonly stepMs: number;
  /** New clients per second. */
  readonly arrival: number;
  readonly assertions: readonly Assertion[];
  readonly json: string | undefined;
  readonly html: string | undefined;
  readonly localAddresses: readonly string[];
  /** Uses the library's own WebSocket and decoder in place of the lean ones. */
  readonly stock: boolean;
  readonly seed: number;
  readonly workers: number;
  /** Base address of the admin listener. */
  readonly admin: string | undefined;
  readonly actions: readonly NodeAction[];
}

export type { TransportName, TransportShare };
