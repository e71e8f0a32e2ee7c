import { SelfWatch } from '../measure/self-watch.js';
import { Schedule } from '../load/schedule.js';
import type { FromWorker, Pulse, ToWorker, WorkerPlan } from './messages.js';
import { Fleet } from './fleet.js';
import { Paced } from './paced.js';

const PULSE_MS = 1_000;
/** Milliseconds between two settlements of messages whose time is over. */
const SETTLE_EVERY_MS = 200;

/** Obeys the messages of the coordinator and reports to it. */
export class Duty {
  readonly #plan: WorkerPlan;
  readonly #send: (message: FromWorker) => void;
  readonly #self = new SelfWatch();
  readonly #fleet: Fleet;
  /** The number of the fleet's clients that have been started. */
  #started = 0;
  /** The number of clients of the whole run that were ordered to connect. */
  #connectedUpTo = 0;
  #arrivals: Paced | undefined;
  #sending: Paced | undefined;
  #awaited: number | undefined;
  readonly #settling: NodeJS.Timeout;
  #pulsing: NodeJS.Timeout | undefined;
  #cpu = process.cpuUsage();
  #cpuAt = performance.now();

  constructor(plan: WorkerPlan, send: (message: FromWorker) => void) {
    this.#plan = plan;
    this.#send = send;
    this.#fleet = new Fleet(plan, this.#self);
    this.#settling = setInterval(() => {
      this.#fleet.settle();
      this.#lookForArrival();
    }, SETTLE_EVERY_MS);
    this.#pulseAt(Math.ceil(epochNow() / PULSE_MS));
  }

  handle(message: ToWorker): void {
    switch (message.type) {
      case 'connect':
        this.#connect(message.upTo, message.arrival, localTime(message.at));
        break;
      case 'stage':
        this.#stage(message.clients, localTime(message.at), localTime(message.measureAt), localTime(message.until));
        break;
      case 'stop':
        this.#sending?.stop();
        this.#self.end();
        break;
      case 'report':
        this.#fleet.settle(Infinity);
        this.#send({
          type: 'report',
          stage: this.#fleet.measured.report(this.#fleet.nodeNames),
          connections: this.#fleet.connections.report(),
          self: this.#self.report(),
          nodes: this.#fleet.perNode(),
        });
        break;
      case 'leave':
        this.#leave();
        break;
      case 'plan':
        break;
    }
  }

  #connect(upTo: number, arrival: number, at: number): void {
    const fleet = this.#fleet;
    const from = this.#connectedUpTo;
    this.#connectedUpTo = upTo;
    this.#awaited = upTo;
    const next = (): number | undefined => {
      const client = fleet.clients[this.#started];
      return client === undefined || client >= upTo ? undefined : client;
    };
    this.#arrivals = new Paced(
      {
        get dueAt() {
          const client = next();
          return client === undefined ? Infinity : at + ((client - from) / arrival) * 1_000;
        },
        take: () => {
          const client = next();
          if (client === undefined) return;
          this.#started++;
          fleet.start(client);
        },
      },
      () => this.#lookForArrival(),
    );
  }

  #lookForArrival(): void {
    const { connections } = this.#fleet;
    const upTo = this.#awaited;
    if (upTo === undefined) return;
    const due = this.#fleet.clients[this.#started];
    if ((due !== undefined && due < upTo) || connections.online < this.#started) return;
    this.#awaited = undefined;
    this.#send({ type: 'arrived', upTo });
  }

  #stage(clients: number, at: number, measureAt: number, until: number): void {
    const fleet = this.#fleet;
    const { rooms, roomSize, rate, seed } = this.#plan;
    const inUse = roomSize === undefined ? rooms : Math.ceil(clients / roomSize);
    const schedule = new Schedule({ rooms: inUse, rate, seed, members: fleet.membersOfRooms(clients) });
    let measuring = false;
    fleet.beginStage();
    this.#self.begin();
    this.#sending = new Paced(
      {
        get dueAt() {
          const due = at + schedule.plannedMs;
          return due < until ? due : Infinity;
        },
        take: () => {
          const since = schedule.plannedMs;
          const planned = at + since;
          if (!measuring && planned >= measureAt) {
            measuring = true;
            this.#self.begin();
          }
          fleet.send(schedule.room, schedule.sender, planned, since, measuring);
          schedule.advance();
        },
      },
      () => this.#send({ type: 'sent' }),
    );
  }

  /** Timers may be a little early: each second is reported once. */
  #pulseAt(second: number): void {
    this.#pulsing = setTimeout(
      () => {
        this.#send(this.#pulse(second));
        this.#pulseAt(Math.max(second + 1, Math.ceil(epochNow() / PULSE_MS)));
      },
      second * PULSE_MS - epochNow(),
    );
  }

  #pulse(second: number): Pulse {
    const fleet = this.#fleet;
    const { connections, recent } = fleet;
    const { user, system } = process.cpuUsage(this.#cpu);
    const wall = performance.now() - this.#cpuAt;
    this.#cpu = process.cpuUsage();
    this.#cpuAt = performance.now();
    return {
      type: 'pulse',
      second,
      online: connections.online,
      started: connections.started,
      counts: { ...fleet.measured.counts },
      outstanding: fleet.outstanding,
      disconnects: connections.disconnects,
      failures: connections.attemptsFailed,
      latency: recent.takeCells(),
      nodes: fleet.perNode(),
      cpuPercent: (user + system) / 10 / wall,
      rssBytes: process.memoryUsage.rss(),
    };
  }

  #leave(): void {
    this.#arrivals?.stop();
    this.#sending?.stop();
    clearInterval(this.#settling);
    clearTimeout(this.#pulsing);
    this.#fleet.leave();
  }
}

/** Milliseconds since 1970, on the clock that all processes of this machine share. */
function epochNow(): number {
  return performance.timeOrigin + performance.now();
}

/** `performance.now()` of this process at a time since 1970. */
function localTime(epochMs: number): number {
  return epochMs - performance.timeOrigin;
}
