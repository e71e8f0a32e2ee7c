import { RoomLedger } from '../accounting/room-ledger.js';
import { outstanding } from '../accounting/counts.js';
import { Connections } from '../measure/connections.js';
import { Times } from '../measure/histogram.js';
import { Measurements } from '../measure/measurements.js';
import type { SelfWatch } from '../measure/self-watch.js';
import { dealTransports } from '../options/transports.js';
import { messageOf, writePayload } from '../load/payload.js';
import { membersOf, placeOf, workerOf } from '../load/rooms.js';
import type { WorkerPlan } from './messages.js';
import { type ClientWatcher, LoadClient } from '../client/client.js';

interface Room {
  readonly index: number;
  readonly name: string;
  /** The beginning of the payloads of this run in this room. */
  readonly prefix: string;
  readonly ledger: RoomLedger;
  readonly members: (LoadClient | undefined)[];
}

/** The clients and rooms of one worker, and their ledgers. */
export class Fleet implements ClientWatcher {
  readonly connections = new Connections();
  /** Times of the deliveries since the last pulse, which empties it. */
  readonly recent = new Times(2);
  /** Numbers of the run's clients that belong to this worker, in order. */
  readonly clients: readonly number[];
  /** Number of messages that are not from this run. */
  foreign = 0;
  measured: Measurements;
  readonly #warmUp: Measurements;
  readonly #plan: WorkerPlan;
  readonly #self: SelfWatch;
  readonly #rooms = new Map<number, Room>();
  readonly #transports: ReturnType<typeof dealTransports>;
  readonly #made: LoadClient[] = [];
  /** Clients by their number in the run. */
  readonly #roomOf: (Room | undefined)[];
  readonly #nodeNumbers = new Map<string, number>();

  constructor(plan: WorkerPlan, self: SelfWatch) {
    this.#plan = plan;
    this.#self = self;
    this.measured = new Measurements(this.recent);
    this.#warmUp = new Measurements(this.recent);
    this.#transports = dealTransports(plan.transports, plan.clients);
    this.#roomOf = Array.from({ length: plan.clients });
    this.clients = [...this.#transports.keys()].filter(
      (client) => workerOf(placeOf(client, plan).room, plan.workers) === plan.worker,
    );
  }

  /** Names of the nodes, by the number that this worker gave them. */
  get nodeNames(): string[] {
    return [...this.#nodeNumbers.keys()];
  }

  /** Makes a client of this worker and connects it. */
  start(index: number): void {
    const { localAddresses, mode, settleMs, url, run } = this.#plan;
    const { room: roomIndex, member } = placeOf(index, this.#plan);
    let room = this.#rooms.get(roomIndex);
    if (room === undefined) {
      const members = membersOf(roomIndex, this.#plan, this.#plan.clients);
      room = {
        index: roomIndex,
        name: `load-${run}-${roomIndex}`,
        prefix: `${run}:${roomIndex}:`,
        ledger: new RoomLedger(members, settleMs),
        members: Array.from({ length: members }),
      };
      this.#rooms.set(roomIndex, room);
    }
    const client = new LoadClient(
      index,
      member,
      {
        url,
        transport: this.#transports[index] ?? 'websocket',
        localAddress: localAddresses[index % Math.max(1, localAddresses.length)],
        room: mode === 'room' ? room.name : undefined,
        stock: this.#plan.stock,
      },
      this,
    );
    room.members[member] = client;
    this.#roomOf[index] = room;
    this.#made.push(client);
    this.connections.started++;
    client.connect();
  }

  /** The rooms of this worker in which the first `clients` of the run are, with how many members. */
  membersOfRooms(clients: number): Map<number, number> {
    const { rooms, worker, workers } = this.#plan;
    const members = new Map<number, number>();
    for (let room = worker; room < rooms; room += workers) {
      const count = membersOf(room, this.#plan, clients);
      if (count > 0) members.set(room, count);
    }
    return members;
  }

  /** Starts new ledgers for the messages from now on. */
  beginStage(): void {
    this.measured = new Measurements(this.recent);
  }

  /**
   * Sends a message.
   *
   * @param planned `performance.now()` at which the message was to be sent
   * @param sinceMs the same time, since the beginning of the stage
   */
  send(roomIndex: number, sender: number, planned: number, sinceMs: number, measured: boolean): void {
    const room = this.#rooms.get(roomIndex);
    const client = room?.members[sender];
    const books = measured ? this.measured : this.#warmUp;
    if (room === undefined || client === undefined) {
      books.counts.scheduled++;
      books.counts.unsent++;
      return;
    }
    const now = performance.now();
    if (measured) this.#self.lag.record(now - planned);
    const message = room.ledger.send(sender, planned, now, books);
    if (message === -1) return;
    const { run, size } = this.#plan;
    const { sequence } = client;
    client.send(
      message,
      writePayload({ run, room: roomIndex, member: sender, message, sequence, plannedMs: sinceMs }, size),
    );
  }

  /** Settles the messages whose time is over. */
  settle(now = performance.now()): void {
    for (const room of this.#rooms.values()) room.ledger.settle(now);
  }

  get outstanding(): number {
    return outstanding(this.measured.counts) + outstanding(this.#warmUp.counts);
  }

  /** Clients online, by node. */
  perNode(): Record<string, number> {
    const counts: Record<string, number> = Object.fromEntries(this.nodeNames.map((name) => [name, 0]));
    for (const client of this.#made) {
      if (client.online) counts[client.node] = (counts[client.node] ?? 0) + 1;
    }
    return counts;
  }

  leave(): void {
    for (const client of this.#made) client.leave();
  }

  opened(client: LoadClient): void {
    if (client.wasOnline) return;
    const took = client.openedAt - client.startedAt;
    if (client.options.transport === 'websocket') this.connections.websocketHandshake.record(took);
    else this.connections.pollingHandshake.record(took);
  }

  connected(client: LoadClient): void {
    if (!client.wasOnline) this.connections.connect.record(performance.now() - client.startedAt);
  }

  upgraded(client: LoadClient): void {
    this.connections.upgrade.record(performance.now() - client.openedAt);
  }

  entered(client: LoadClient): void {
    const now = performance.now();
    this.connections.online++;
    if (client.wasOnline) {
      this.connections.reconnects++;
      this.connections.reconnect.record(now - client.leftAt);
    } else this.connections.everOnline++;
    this.#roomOf[client.index]?.ledger.attendance.enter(client.member, this.#nodeNumber(client.node), now);
  }

  left(client: LoadClient, reason: string): void {
    this.connections.disconnected(reason);
    if (!client.online) return;
    this.connections.online--;
    this.#roomOf[client.index]?.ledger.attendance.leave(client.member, client.leftAt);
  }

  failed(client: LoadClient, cause: string): void {
    this.connections.failed(cause, client.wasOnline);
  }

  received(client: LoadClient, payload: unknown): void {
    const room = this.#roomOf[client.index];
    if (room === undefined) return;
    const message = messageOf(payload, room.prefix);
    const outcome =
      message === -1 ? 'unknown' : room.ledger.receive(client.member, message, performance.now(), this.measured);
    if (outcome === 'unknown') this.foreign++;
  }

  flushed(client: LoadClient, message: number): void {
    this.#roomOf[client.index]?.ledger.flushed(message, performance.now());
  }

  #nodeNumber(name: string): number {
    const number = this.#nodeNumbers.get(name) ?? this.#nodeNumbers.size;
    this.#nodeNumbers.set(name, number);
    return number;
  }
}
