import type { Assertion } from '../assertion.js';
import type { TransportName, TransportShare } from './transports.js';

/** A room message to everyone in the room, or each client's own `echo`. */
export type Mode = 'room' | 'echo';

/** Clients of the first step, how many each step adds, and of the last. */
export interface Ramp {
  readonly from: number;
  readonly by: number;
  readonly to: number;
}

/** What a node is asked to suffer, so many milliseconds after measuring began. */
export interface NodeAction {
  readonly verb: 'kill' | 'drain';
  readonly node: string;
  readonly atMs: number;
}

/** A run as it was asked for; every default is filled in. */
export interface Options {
  /** Where the clients connect to. */
  readonly url: string;
  /** At the end of the ramp, where there is one. */
  readonly clients: number;
  /** How many rooms, or how many clients a room: the other follows. */
  readonly rooms: number | undefined;
  readonly roomSize: number | undefined;
  readonly mode: Mode;
  /** Messages per room and second; in mode `echo`, where every client is a room of its own, per client. */
  readonly rate: number;
  /** Bytes of a payload. */
  readonly size: number;
  readonly durationMs: number;
  readonly warmupMs: number;
  /** How long a message may take before it counts as missing. */
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
  /** Clients with the library's own WebSocket and decoder, in place of the lean ones. */
  readonly stock: boolean;
  readonly seed: number;
  readonly workers: number;
  /** Base address of the admin listener. */
  readonly admin: string | undefined;
  readonly actions: readonly NodeAction[];
}

export type { TransportName, TransportShare };
