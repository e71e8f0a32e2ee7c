import type {
  ClientToServerEvents,
  ControlVerb,
  NodeCounters,
  Refusal,
  RefusalCode,
  RoomMember,
  ServerToClientEvents,
  ViewState,
} from '@pinwheel/protocol';
import type { Server, Socket } from 'socket.io';

/** The types of the node's Socket.IO server, and the error of a refused request. */

/** The state that nodes report to each other once a second, while a page on one of them draws the cluster. */
export interface NodeState extends NodeCounters {
  readonly server: string;
  readonly state: ViewState;
  /** True while a page of this node draws the cluster, so that the other nodes report, too. */
  readonly wanted: boolean;
}

/** Events between nodes. */
export interface InterServerEvents {
  /** Asks every other node for its members of a room. */
  who: (room: string, answer: (members: RoomMember[]) => void) => void;
  /** Reports a node's state to the others. */
  state: (state: NodeState) => void;
  /** Sent to every node; the node with this name carries it out. */
  control: (verb: ControlVerb, name: string) => void;
}

/** The state that a node keeps for a client. */
export interface ClientData {
  /** The number of messages that the client has sent, by room. */
  said?: Map<string, number>;
}

export type NodeServer = Server<ClientToServerEvents, ServerToClientEvents, InterServerEvents, ClientData>;
export type NodeSocket = Socket<ClientToServerEvents, ServerToClientEvents, InterServerEvents, ClientData>;

/** A line for the operator, without a newline. */
export type Log = (line: string) => void;

/** A refused request, with the answer that the client gets. */
export class RefusedError extends Error {
  readonly code: RefusalCode;
  override name = 'RefusedError';

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }

  get refusal(): Refusal {
    return { ok: false, error: { code: this.code, message: this.message } };
  }
}
