import type { Refusal } from './refusal.js';
import type { ClusterView, ControlAnswer, ControlVerb } from './cluster-view.js';

/** The echo contract: every Socket.IO event that a node answers or sends, with its arguments. */

/** The first event to every client. Classic recipes show `server` and `port`. */
export interface ServerGreeting {
  /** The node's name, such as `Server1`. */
  server: string;
  /** The TCP port the node listens on. */
  port: number;
  /** The tag in the session ids of this node. */
  tag: string;
}

/** A room message as every member of the room receives it, the sender included. */
export interface Said {
  room: string;
  /** Socket id of the sender. */
  from: string;
  /** Name of the sender's node. */
  server: string;
  /** Counts the sender's messages in this room from 1: a gap is a missed message. */
  number: number;
  /** The sender's payload: anything that Socket.IO can carry, binary data included. */
  payload: unknown;
}

/** A member of a room, on any node. */
export interface RoomMember {
  id: string;
  server: string;
  transport: string;
  /** Its messages in the room; absent for none. */
  said?: number;
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

/** Events of clients. A node checks all arguments, because they come from the network. */
export interface ClientToServerEvents {
  message: (text: string, ack?: Ack<string | Refusal>) => void;
  /** The ack gets the same value, or a `Refusal` when the client sends too much. */
  echo: (value: unknown, ack: Ack<unknown>) => void;
  join: (room: string, ack?: Ack<RoomAnswer | Refusal>) => void;
  leave: (room: string, ack?: Ack<RoomAnswer | Refusal>) => void;
  say: (room: string, payload: unknown, ack?: Ack<Done | Refusal>) => void;
  who: (room: string, ack: Ack<MembersAnswer | Refusal>) => void;
  /** The client gets `cluster` once a second until it disconnects. */
  watch: (ack?: Ack<Done | Refusal>) => void;
  /** Controls a node, or Redis (`name` is not used), where the cluster was started with controls. */
  control: (verb: ControlVerb, name: string, ack: Ack<ControlAnswer>) => void;
}

/** Events of nodes. */
export interface ServerToClientEvents {
  server: (greeting: ServerGreeting) => void;
  message: (text: string) => void;
  said: (said: Said) => void;
  cluster: (view: ClusterView) => void;
}

/** Length of the longest room name in UTF-16 code units. The shortest has 1. */
export const ROOM_NAME_MAX = 128;

/** The answer to `message` and to a text frame of the plain WebSocket echo. */
export function echoText(text: string): string {
  return `Server received from client: ${text}`;
}
