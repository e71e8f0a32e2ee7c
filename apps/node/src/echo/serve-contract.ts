import { echoText, isControlVerb } from '@pinwheel/protocol';
import type {
  ClientToServerEvents,
  ControlAnswer,
  ControlVerb,
  Done,
  MembersAnswer,
  RoomAnswer,
  RoomMember,
  ServerGreeting,
  ServerToClientEvents,
} from '@pinwheel/protocol';
import type { RoomCounts } from '@pinwheel/member';
import type { Server, Socket } from 'socket.io';
import { messageText, payload, RefusedError, roomName } from './arguments.js';
import type { ClusterWatch, NodeState } from '../cluster/cluster-watch.js';
import { RoomMembers } from './room-members.js';
import { roomKey } from './room-key.js';
import type { SlowReaders } from './slow-readers.js';
import { TokenBucket } from './token-bucket.js';

/** What nodes ask each other. */
export interface InterServerEvents {
  who: (room: string, answer: (members: RoomMember[]) => void) => void;
  /** Told, not asked: what a node says of itself while a page looks. */
  state: (state: NodeState) => void;
  /** Told to all; the node of this name does it to itself. */
  control: (verb: ControlVerb, name: string) => void;
}

/** What a node has done since it started. Counted up by the contract. */
export interface Tally {
  /** Events of clients that were answered. */
  events: number;
  /** Room messages of its clients. */
  said: number;
}

/** What a node keeps of a client. */
export interface ClientData {
  /** Messages said, by room. */
  said?: Map<string, number>;
}

export type NodeServer = Server<ClientToServerEvents, ServerToClientEvents, InterServerEvents, ClientData>;
export type NodeSocket = Socket<ClientToServerEvents, ServerToClientEvents, InterServerEvents, ClientData>;

/** Events a second and at once that one client may send. */
const RATE = 2_000;
const BURST = 4_000;
/** Refused events at once, beyond as many a second as are let through, after which a client is sent away. */
const REFUSED_BURST = 20_000;
/** Rooms that one client may be in. */
const ROOMS_MAX = 1_000;
/** What `who` takes from the client's allowance: it makes every node answer. */
const WHO_COST = 20;
/** What `control` takes: it is for a person's hand. */
const CONTROL_COST = 200;

export interface ContractOptions {
  /** The node's name. */
  readonly server: string;
  /** What a client is told when it connects. */
  readonly greeting: () => ServerGreeting;
  /** Undefined for a node without Redis: the count is the node's own. */
  readonly counts: RoomCounts | undefined;
  /** True when other nodes can be asked. */
  readonly reachable: () => boolean;
  /** When a room that was joined just now is known to the other nodes. Undefined where nobody needs to know. */
  readonly subscribed: (() => Promise<unknown>) | undefined;
  readonly readers: SlowReaders;
  readonly tally: Tally;
  readonly watch: ClusterWatch;
  /** Does what a page asks for; undefined where pages may do nothing. */
  readonly control: ((verb: ControlVerb, name: string) => Promise<ControlAnswer>) | undefined;
}

/** Answers the events of {@link ClientToServerEvents} on `io`. */
export function serveContract(io: NodeServer, options: ContractOptions): void {
  const { adapter, sockets } = io.of('/');
  const { counts, greeting, server, subscribed, tally, watch, control } = options;
  const localCount = (room: string): number => adapter.rooms.get(roomKey(room))?.size ?? 0;
  const count = (room: string): Promise<number> => counts?.update(room) ?? Promise.resolve(localCount(room));

  const members = new RoomMembers({
    *local(room) {
      for (const id of adapter.rooms.get(roomKey(room)) ?? []) {
        const socket = sockets.get(id);
        if (socket === undefined) continue;
        const said = socket.data.said?.get(room);
        yield { id, server, transport: socket.conn.transport.name, ...(said !== undefined && { said }) };
      }
    },
    ask:
      counts === undefined
        ? undefined
        : (room, answer) =>
            io.serverSideEmit('who', room, (_error: Error | null, answers: RoomMember[][]) => answer(answers)),
    reachable: options.reachable,
  });
  io.on('who', (room, answer) => answer(members.local(room)));
  io.on('state', (state) => watch.hear(state));

  io.on('connection', (socket) => {
    const handle = allowance(socket, options.readers, tally);

    handle('message', 1, (args) => {
      const answer = echoText(messageText(args[0]));
      socket.emit('message', answer);
      return answer;
    });

    handle('echo', 1, (args) => args[0]);

    handle('join', 1, async (args): Promise<RoomAnswer> => {
      const room = roomName(args[0]);
      const key = roomKey(room);
      // Its own id is a room too.
      if (!socket.rooms.has(key) && socket.rooms.size > ROOMS_MAX) {
        throw new RefusedError('too_many', `expected at most ${ROOMS_MAX} rooms, this is one more`);
      }
      await socket.join(key);
      const counted = count(room);
      if (subscribed !== undefined) await subscribed();
      return { ok: true, room, members: await counted };
    });

    handle('leave', 1, async (args): Promise<RoomAnswer> => {
      const room = roomName(args[0]);
      await socket.leave(roomKey(room));
      socket.data.said?.delete(room);
      return { ok: true, room, members: await count(room) };
    });

    handle('say', 1, (args): Done => {
      const room = roomName(args[0]);
      const said = payload(args, 1);
      const key = roomKey(room);
      if (!socket.rooms.has(key)) {
        throw new RefusedError(
          'not_in_room',
          `expected a room that you have joined, you are not in ${JSON.stringify(room)}`,
        );
      }
      const numbers = (socket.data.said ??= new Map<string, number>());
      const number = (numbers.get(room) ?? 0) + 1;
      numbers.set(room, number);
      tally.said += 1;
      io.to(key).emit('said', { room, from: socket.id, server, number, payload: said });
      return { ok: true };
    });

    handle('who', WHO_COST, async (args): Promise<MembersAnswer> => {
      return { ok: true, members: await members.everywhere(roomName(args[0])) };
    });

    handle('watch', WHO_COST, (): Done => {
      watch.add(socket);
      return { ok: true };
    });

    handle('control', CONTROL_COST, (args): Promise<ControlAnswer> => {
      const [verb, name] = args;
      if (control === undefined) {
        throw new RefusedError(
          'unavailable',
          'expected a cluster that was started with its controls, this one was not',
        );
      }
      if (!isControlVerb(verb) || typeof name !== 'string') {
        throw new RefusedError('bad_argument', 'control: expected what to do and a name, got something else');
      }
      return control(verb, name);
    });

    socket.emit('server', greeting());
  });
}

type Answer = (args: readonly unknown[]) => unknown;
type Handle = (event: keyof ClientToServerEvents, cost: number, answer: Answer) => void;

/**
 * Registers what answers an event of one client, within the client's allowance. The answer, or the refusal, goes to the
 * ack, if one came; whatever an answer throws stays here.
 */
function allowance(socket: NodeSocket, readers: SlowReaders, tally: Tally): Handle {
  const bucket = new TokenBucket(RATE, BURST);
  const patience = new TokenBucket(RATE, REFUSED_BURST);
  const tooMany = new RefusedError('too_many', `expected at most ${RATE} events a second, this is more`);
  let taken = 0;

  return (event, cost, answer) => {
    socket.on(event, (...args: unknown[]) => {
      const last = args.at(-1);
      const ack = typeof last === 'function' ? (args.pop() as (value: unknown) => void) : undefined;
      if (!bucket.take(cost)) {
        if (patience.take(1)) fail(ack, tooMany);
        else socket.disconnect(true);
        return;
      }
      taken += 1;
      tally.events += 1;
      // Now and then: what it costs to look grows with what waits.
      if (taken % 64 === 0) readers.check(socket);
      try {
        const result = answer(args);
        if (result instanceof Promise) result.then(ack).catch((error: unknown) => fail(ack, error));
        else ack?.(result);
      } catch (error) {
        fail(ack, error);
      }
    });
  };
}

function fail(ack: ((value: unknown) => void) | undefined, error: unknown): void {
  // What is no refusal of ours is a value that cannot be sent back, such as one nested too deeply for the encoder.
  const refused =
    error instanceof RefusedError ? error : new RefusedError('bad_argument', 'expected a value that can be sent on');
  ack?.(refused.refusal);
}
