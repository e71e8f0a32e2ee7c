import type { RoomCounts } from '@pinwheel/member';
import { echoText, isControlVerb } from '@pinwheel/protocol';
import type {
  ControlAnswer,
  ControlVerb,
  Done,
  MembersAnswer,
  RoomAnswer,
  RoomMember,
  ServerGreeting,
} from '@pinwheel/protocol';
import type { ClusterWatch } from '../cluster/cluster-watch.js';
import { RefusedError } from '../contract.js';
import type { NodeServer, NodeSocket } from '../contract.js';
import { Allowance } from './allowance.js';
import type { Tally } from './allowance.js';
import { messageText, payload, roomName } from './arguments.js';
import { RoomMembers } from './room-members.js';
import { roomKey } from './rooms.js';
import type { SlowReaders } from './slow-readers.js';

/** Rooms that one client may be in. */
const ROOMS_MAX = 1_000;
/** The cost of `who`, in events of the client's allowance: every node has to answer it. */
const WHO_COST = 20;
/** The cost of `control`, in events: people use it, not programs. */
const CONTROL_COST = 200;

export interface ContractOptions {
  /** The node's name. */
  readonly server: string;
  /** The first event that a client gets. */
  readonly greeting: () => ServerGreeting;
  /** Undefined for a node without Redis: counts are the node's own. */
  readonly counts: RoomCounts | undefined;
  /** True when other nodes can be asked. */
  readonly reachable: () => boolean;
  /** Resolves when messages of other nodes reach a room that was joined just now; undefined where they always do. */
  readonly subscribed: (() => Promise<unknown>) | undefined;
  readonly readers: SlowReaders;
  readonly tally: Tally;
  readonly watch: ClusterWatch;
  /** Carries out a control that a page requests; undefined for a node that was started without controls. */
  readonly control: ((verb: ControlVerb, name: string) => Promise<ControlAnswer>) | undefined;
}

/** Answers the events of clients (`ClientToServerEvents` of packages/protocol) and of other nodes on `io`. */
export function serveContract(io: NodeServer, options: ContractOptions): void {
  const contract = new Contract(io, options);
  io.on('who', (room, answer) => answer(contract.members.local(room)));
  io.on('state', (state) => options.watch.hear(state));
  io.on('connection', (socket) => {
    const allowance = new Allowance(socket, options.readers, options.tally);
    allowance.on('message', 1, (args) => contract.message(socket, args));
    allowance.on('echo', 1, (args) => args[0]);
    allowance.on('join', 1, (args) => contract.join(socket, args));
    allowance.on('leave', 1, (args) => contract.leave(socket, args));
    allowance.on('say', 1, (args) => contract.say(socket, args));
    allowance.on('who', WHO_COST, (args) => contract.who(args));
    allowance.on('watch', WHO_COST, () => contract.watch(socket));
    allowance.on('control', CONTROL_COST, (args) => contract.control(args));
    socket.emit('server', options.greeting());
  });
}

/** One method for each event of a client. Its arguments come from the network: each method checks them. */
class Contract {
  readonly members: RoomMembers;
  readonly #io: NodeServer;
  readonly #options: ContractOptions;

  constructor(io: NodeServer, options: ContractOptions) {
    this.#io = io;
    this.#options = options;
    this.members = new RoomMembers({
      local: (room) => this.#localMembers(room),
      ask: options.counts === undefined ? undefined : (room, done) => this.#askOtherNodes(room, done),
      reachable: options.reachable,
    });
  }

  message(socket: NodeSocket, args: readonly unknown[]): string {
    const answer = echoText(messageText(args[0]));
    socket.emit('message', answer);
    return answer;
  }

  async join(socket: NodeSocket, args: readonly unknown[]): Promise<RoomAnswer> {
    const { subscribed } = this.#options;
    const room = roomName(args[0]);
    const key = roomKey(room);
    // A socket is always in the room of its own id.
    if (!socket.rooms.has(key) && socket.rooms.size > ROOMS_MAX) {
      throw new RefusedError('too_many', `too many rooms: a client may be in ${ROOMS_MAX}`);
    }
    await socket.join(key);
    const counted = this.#count(room);
    if (subscribed !== undefined) await subscribed();
    return { ok: true, room, members: await counted };
  }

  async leave(socket: NodeSocket, args: readonly unknown[]): Promise<RoomAnswer> {
    const room = roomName(args[0]);
    await socket.leave(roomKey(room));
    socket.data.said?.delete(room);
    return { ok: true, room, members: await this.#count(room) };
  }

  say(socket: NodeSocket, args: readonly unknown[]): Done {
    const { server, tally } = this.#options;
    const room = roomName(args[0]);
    const said = payload(args, 1);
    const key = roomKey(room);
    if (!socket.rooms.has(key)) {
      throw new RefusedError('not_in_room', `not in the room ${JSON.stringify(room)}: join it first`);
    }
    const numbers = (socket.data.said ??= new Map<string, number>());
    const number = (numbers.get(room) ?? 0) + 1;
    numbers.set(room, number);
    tally.said += 1;
    this.#io.to(key).emit('said', { room, from: socket.id, server, number, payload: said });
    return { ok: true };
  }

  async who(args: readonly unknown[]): Promise<MembersAnswer> {
    return { ok: true, members: await this.members.everywhere(roomName(args[0])) };
  }

  watch(socket: NodeSocket): Done {
    this.#options.watch.add(socket);
    return { ok: true };
  }

  control([verb, name]: readonly unknown[]): Promise<ControlAnswer> {
    const { control } = this.#options;
    if (control === undefined) {
      throw new RefusedError('unavailable', 'this node was started without controls (CONTROLS=1)');
    }
    if (!isControlVerb(verb) || typeof name !== 'string') {
      throw new RefusedError('bad_argument', 'control: expected a verb and the name of a node');
    }
    return control(verb, name);
  }

  #count(room: string): Promise<number> {
    return this.#options.counts?.update(room) ?? Promise.resolve(this.#localIds(room).size);
  }

  #localIds(room: string): ReadonlySet<string> {
    return this.#io.of('/').adapter.rooms.get(roomKey(room)) ?? NONE;
  }

  *#localMembers(room: string): Generator<RoomMember> {
    const { sockets } = this.#io.of('/');
    for (const id of this.#localIds(room)) {
      const socket = sockets.get(id);
      if (socket === undefined) continue;
      const said = socket.data.said?.get(room);
      const transport = socket.conn.transport.name;
      yield { id, server: this.#options.server, transport, ...(said !== undefined && { said }) };
    }
  }

  #askOtherNodes(room: string, done: (answers: readonly unknown[]) => void): void {
    this.#io.serverSideEmit('who', room, (_error: Error | null, answers: RoomMember[][]) => done(answers));
  }
}

const NONE: ReadonlySet<string> = new Set();
