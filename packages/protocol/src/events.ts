import type { ClusterView, ControlAnswer, ControlVerb } from './cluster-view.js';

/** The echo contract: every Socket.IO event a node answers or sends, with its arguments. */

/** Sent once to every client that connects. Classic recipes show `server` and `port`. */
export interface ServerGreeting {
  /** The node's name, such as `Server1`. */
  server: string;
  /** The TCP port the node listens on. */
  port: number;
  /** The node tag that begins the session ids of this node. */
  tag: string;
}

/** A room message as everyone in the room receives it, sender included. */
export interface Said {
  room: string;
  /** Socket id of the sender. */
  from: string;
  /** Name of the node the sender is connected to. */
  server: string;
  /** Counts what this sender has said in this room, from 1: a gap is a message that was missed. */
  number: number;
  /** What the sender gave to `say`: anything Socket.IO can carry, binary included. */
  payload: unknown;
}

/** One member of a room, on whichever node it is. */
export interface RoomMember {
  id: string;
  server: string;
  transport: string;
  /** How many messages it has said in the room; absent for none. */
  said?: number;
}

/** Stable codes of refused requests. */
export type RefusalCode = 'bad_argument' | 'not_in_room' | 'too_many' | 'unavailable';

export interface Refusal {
  ok: false;
  error: { code: RefusalCode; message: string };
}

export interface RoomAnswer {
  ok: true;
  room: string;
  /** Members over all nodes. */
  members: number;
}

export interface Done {
  ok: true;
}

export interface MembersAnswer {
  ok: true;
  members: RoomMember[];
}

export type Ack<T> = (answer: T) => void;

/** What a client may send. Arguments arrive from the network: a node checks every one of them. */
export interface ClientToServerEvents {
  message: (text: string, ack?: Ack<string | Refusal>) => void;
  /** Acks the very same value; a `Refusal` when the client sends too much. */
  echo: (value: unknown, ack: Ack<unknown>) => void;
  join: (room: string, ack?: Ack<RoomAnswer | Refusal>) => void;
  leave: (room: string, ack?: Ack<RoomAnswer | Refusal>) => void;
  say: (room: string, payload: unknown, ack?: Ack<Done | Refusal>) => void;
  who: (room: string, ack: Ack<MembersAnswer | Refusal>) => void;
  /** From now on, until it disconnects, the client is sent `cluster` once a second. */
  watch: (ack?: Ack<Done | Refusal>) => void;
  /** Does something to a node, or to Redis (`name` is not used), where the cluster was started with its controls. */
  control: (verb: ControlVerb, name: string, ack: Ack<ControlAnswer>) => void;
}

/** What a node may send. */
export interface ServerToClientEvents {
  server: (greeting: ServerGreeting) => void;
  message: (text: string) => void;
  said: (said: Said) => void;
  cluster: (view: ClusterView) => void;
}

/** The longest room name, in UTF-16 code units. The shortest is 1. */
export const ROOM_NAME_MAX = 128;

/** The answer to `message` and to a text frame of the plain WebSocket echo. */
export function echoText(text: string): string {
  return `Server received from client: ${text}`;
}
