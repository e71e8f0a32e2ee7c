import { createServer } from 'node:http';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { formatAddress, listenFailure } from '@pinwheel/cli';
import { connectRedis, joinCluster } from '@pinwheel/member';
import type { Member, RedisLink, RoomCounts } from '@pinwheel/member';
import { PageFiles, pageHandler, visitorPage } from '@pinwheel/page';
import type { ControlAnswer, ControlVerb, NodeCounters } from '@pinwheel/protocol';
import { proveInsides } from '@pinwheel/raw-socket';
import { Server } from 'socket.io';
import { nodeAdapter } from './cluster/adapter.js';
import type { NodeAdapter } from './cluster/adapter.js';
import { ClusterWatch } from './cluster/cluster-watch.js';
import { doToSelf, OWN_VERBS } from './cluster/own-controls.js';
import { ParentLink } from './cluster/parent-link.js';
import type { NodeCounts } from './cluster/report.js';
import type { NodeConfig } from './config.js';
import type { Log, NodeServer } from './contract.js';
import { PlainEcho } from './echo/plain-echo.js';
import { countRooms, roomOfKey } from './echo/rooms.js';
import { serveContract } from './echo/serve-contract.js';
import type { Tally } from './echo/allowance.js';
import { SlowReaders } from './echo/slow-readers.js';
import { OpenConnections } from './sockets/open-connections.js';
import { endReceiversOnce } from './sockets/receiver-end.js';
import { routeUpgrades } from './sockets/upgrade-route.js';

/** An echo node that listens. */
export interface RunningNode {
  readonly server: string;
  readonly host: string;
  readonly port: number;
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
  /** The tag in its session ids. */
  readonly tag: string;
  /** `host:port` of its Redis, or `none`. */
  readonly redis: string;
  readonly io: NodeServer;
  readonly member: Member;
  readonly http: HttpServer;
  /** Its current counts. */
  counts(): NodeCounts;
  /** Ends every connection and frees everything. Drain the member first to let clients go in order. */
  close(): Promise<void>;
}

/** The node cannot listen on its address. The message is one line for the operator. */
export class ListenError extends Error {
  /** The system's code, such as `EADDRINUSE`. */
  readonly code: string;
  override name = 'ListenError';

  constructor(config: NodeConfig, cause: NodeJS.ErrnoException) {
    super(listenFailure(cause, config, 'PORT', 'HOST'), { cause });
    this.code = cause.code ?? 'unknown';
  }
}

/** Milliseconds that closing waits for clients which do not answer a closing handshake. */
const CLOSE_LIMIT_MS = 300;

/**
 * Starts an echo node. Redis need not be up: the node serves its own clients at once, and reaches other nodes as soon as
 * Redis answers.
 *
 * @param log gets what an operator should know
 * @throws ListenError when the address cannot be listened on
 * @example const node = await startNode(readNodeCommand([], process.env).config, console.error);
 */
export async function startNode(config: NodeConfig, log: Log): Promise<RunningNode> {
  const redis = config.redisUrl === undefined ? undefined : connectToRedis(config.redisUrl, log);
  const http = httpServer(log);
  const adapter = redis === undefined ? undefined : nodeAdapter(config.adapter, redis, log);
  const io = socketIoServer(http, adapter);
  const plain = new PlainEcho(log);
  routeUpgrades(
    http,
    '/socket.io/',
    (request, socket, head) => io.engine.handleUpgrade(request, socket, head),
    (request, socket, head) => plain.upgrade(request, socket, head),
  );
  const member = joinCluster(io, {
    server: config.server,
    ...(config.tag === undefined ? {} : { tag: config.tag }),
    ...(redis === undefined ? {} : { redis }),
    connections: plain,
    signals: [],
    fastBroadcasts: true,
  });
  const node = new EchoNode({ config, http, io, plain, member, link: redis, parent: ParentLink.open(), log });
  node.serve(adapter);
  await node.listen();
  return node;
}

/** The parts of a node. */
interface Parts {
  readonly config: NodeConfig;
  readonly http: HttpServer;
  readonly io: NodeServer;
  readonly plain: PlainEcho;
  readonly member: Member;
  /** Undefined for a node without Redis. */
  readonly link: RedisLink | undefined;
  /** Undefined for a node that was started by hand. */
  readonly parent: ParentLink | undefined;
  readonly log: Log;
}

class EchoNode implements RunningNode {
  readonly http: HttpServer;
  readonly io: NodeServer;
  readonly member: Member;
  readonly #config: NodeConfig;
  readonly #plain: PlainEcho;
  readonly #link: RedisLink | undefined;
  readonly #readers: SlowReaders;
  readonly #connections = new OpenConnections();
  readonly #tally: Tally = { events: 0, said: 0 };
  readonly #watch: ClusterWatch;
  readonly #parent: ParentLink | undefined;
  #roomCounts: RoomCounts | undefined;
  #port: number;
  /** Milliseconds of the last round trip through Redis; undefined when it did not come back. */
  #redisMs: number | undefined;

  constructor({ config, http, io, plain, member, link, parent, log }: Parts) {
    this.http = http;
    this.io = io;
    this.member = member;
    this.#config = config;
    this.#plain = plain;
    this.#link = link;
    this.#parent = parent;
    this.#port = config.port;
    this.#readers = new SlowReaders(io, log);
    this.#watch = new ClusterWatch({
      server: config.server,
      state: () => (member.state === 'drain' ? 'draining' : 'up'),
      counters: () => this.#countersForPage(),
      redis: () => link?.ready,
      publish: (state) => io.serverSideEmit('state', state),
      parent,
      controls: config.controls ? OWN_VERBS : [],
    });
  }

  get server(): string {
    return this.#config.server;
  }

  get host(): string {
    return this.#config.host;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://${formatAddress(this)}`;
  }

  get tag(): string {
    return this.member.tag;
  }

  get redis(): string {
    return this.#link?.address ?? 'none';
  }

  /** Answers clients, other nodes and the process that started this one, from the first connection on. */
  serve(adapter: NodeAdapter | undefined): void {
    this.#parent?.onView((view) => this.#watch.send(view));
    if (this.#link !== undefined) this.#roomCounts = countRooms(this.io, this.#link);
    this.#connections.watch(this.http);
    this.#readers.start();
    this.#takeControlsOfOtherNodes();
    serveContract(this.io, {
      tally: this.#tally,
      watch: this.#watch,
      control: this.#config.controls ? (verb, name) => this.#control(verb, name) : undefined,
      server: this.server,
      greeting: () => ({ server: this.server, port: this.port, tag: this.tag }),
      counts: this.#roomCounts,
      reachable: () => this.#link?.ready ?? false,
      subscribed: adapter?.subscribed,
      readers: this.#readers,
    });
  }

  /** @throws ListenError, with everything closed */
  async listen(): Promise<void> {
    await proveInsides();
    try {
      this.#port = await listen(this.http, this.#config);
    } catch (error) {
      await this.close();
      throw new ListenError(this.#config, error as NodeJS.ErrnoException);
    }
  }

  counts(): NodeCounts {
    const { watched } = this.#watch;
    let rooms = 0;
    for (const key of this.io.of('/').adapter.rooms.keys()) if (roomOfKey(key) !== undefined) rooms += 1;
    const counters = watched ? this.#countersForPage() : this.#counters();
    return { ...counters, watched, plain: this.#plain.size, rooms, redis: this.#link?.ready };
  }

  async close(): Promise<void> {
    this.#readers.stop();
    this.#watch.stop();
    this.#parent?.close();
    await this.#roomCounts?.stop();
    const closed = this.io.close();
    this.#plain.close();
    const limit = setTimeout(() => this.#connections.destroyAll(), CLOSE_LIMIT_MS);
    this.http.closeAllConnections();
    await closed;
    clearTimeout(limit);
    this.#link?.close();
  }

  #counters(): NodeCounters {
    return { ...this.member.sessions, ...this.#tally, redisMs: this.#redisMs };
  }

  /** The counters, and a new measurement of Redis whose result the next counters carry. */
  #countersForPage(): NodeCounters {
    if (this.#link !== undefined) void this.#measureRedis();
    return this.#counters();
  }

  async #measureRedis(): Promise<void> {
    const { redis } = await this.member.ready();
    this.#redisMs = redis.roundTripMs;
  }

  #takeControlsOfOtherNodes(): void {
    if (!this.#config.controls) return;
    this.io.on('control', (verb, name) => {
      if (name === this.server && OWN_VERBS.includes(verb)) doToSelf(verb);
    });
  }

  /**
   * Carries out a control that a page requested: through the process that started this node, else through the node
   * itself.
   */
  async #control(verb: ControlVerb, name: string): Promise<ControlAnswer> {
    if (this.#parent !== undefined) return this.#parent.order(verb, name);
    if (name === this.server || !OWN_VERBS.includes(verb)) return doToSelf(verb);
    this.io.serverSideEmit('control', verb, name);
    return { ok: true, done: `${name} was asked to ${verb}` };
  }
}

function connectToRedis(url: string, log: Log): RedisLink {
  const link = connectRedis(url);
  let droppedBefore = 0;
  let isDown = false;
  link.on('down', (problem) => {
    isDown = true;
    droppedBefore = link.dropped;
    log(`Redis ${link.address}: ${problem}; this node serves its own clients and does not reach other nodes`);
  });
  link.on('up', () => {
    if (!isDown) return;
    isDown = false;
    log(`Redis ${link.address}: connected; ${link.dropped - droppedBefore} messages to other nodes were dropped`);
  });
  return link;
}

/** Serves the visitor's page; Socket.IO puts itself in front of it. */
function httpServer(log: Log): HttpServer {
  const page = new PageFiles(visitorPage);
  if (page.isEmpty) log(`there is no page in ${visitorPage.folder}: run "npm run build"`);
  return createServer(
    {
      // Longer than any balancer keeps an idle connection, so that the node never closes one under a request.
      keepAliveTimeout: 75_000,
      headersTimeout: 30_000,
      requestTimeout: 120_000,
    },
    pageHandler(page),
  );
}

function socketIoServer(http: HttpServer, adapter: NodeAdapter | undefined): NodeServer {
  endReceiversOnce();
  return new Server(http, {
    destroyUpgrade: false,
    serveClient: true,
    ...(adapter === undefined ? {} : { adapter: adapter.create }),
  });
}

function listen(http: HttpServer, { host, port }: NodeConfig): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen({ host, port, backlog: 1_024 }, () => {
      http.off('error', reject);
      resolve((http.address() as AddressInfo).port);
    });
  });
}
