import { createServer } from 'node:http';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { PageFiles, pageHandler, visitorPage } from '@pinwheel/page';
import type { ControlAnswer, ControlVerb, NodeCounters } from '@pinwheel/protocol';
import { connectRedis, joinCluster, RoomCounts } from '@pinwheel/member';
import type { Member, RedisLink } from '@pinwheel/member';
import { Roster } from '@pinwheel/roster';
import { Server } from 'socket.io';
import { ClusterWatch } from './cluster/cluster-watch.js';
import { nodeAdapter } from './cluster/adapter.js';
import type { NodeConfig } from './config.js';
import { serveContract } from './echo/serve-contract.js';
import type { NodeServer, Tally } from './echo/serve-contract.js';
import { doToSelf, OWN_VERBS } from './cluster/own-controls.js';
import { ParentLink } from './cluster/parent-link.js';
import { PlainEcho } from './echo/plain-echo.js';
import { endReceiversOnce } from './sockets/receiver-end.js';
import { roomKey, roomOfKey } from './echo/room-key.js';
import { SlowReaders } from './echo/slow-readers.js';
import { straightenBroadcasts } from './straight-broadcasts.js';
import { routeUpgrades } from './sockets/upgrade-route.js';
import { WebSocketEngine } from './web-socket-engine.js';

/** An echo node that listens. */
export interface RunningNode {
  readonly server: string;
  readonly host: string;
  readonly port: number;
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
  readonly tag: string;
  /** `host:port` of its Redis, or `none`. */
  readonly redis: string;
  readonly io: NodeServer;
  readonly member: Member;
  readonly http: HttpServer;
  /** What it holds now. */
  counts(): NodeCounts;
  /** Ends every connection and frees everything. Drain the member first to let clients go in order. */
  close(): Promise<void>;
}

export interface NodeCounts extends NodeCounters {
  /** A page of this node draws the cluster. */
  readonly watched: boolean;
  /** Connections of the plain echo. */
  readonly plain: number;
  /** Rooms of clients. */
  readonly rooms: number;
  /** Whether Redis answers; undefined without one. */
  readonly redis: boolean | undefined;
}

/** An address that cannot be listened on. The message is one line for the person who chose it. */
export class ListenError extends Error {
  /** The system's code, such as `EADDRINUSE`. */
  readonly code: string;
  override name = 'ListenError';

  constructor(config: NodeConfig, cause: NodeJS.ErrnoException) {
    super(`cannot listen on ${inUrl(config.host)}:${config.port}: ${reasonOf(cause)}`, { cause });
    this.code = cause.code ?? 'unknown';
  }
}

/**
 * Starts an echo node. Redis need not be there: clients of this node are served at once, and other nodes are reached as
 * soon as it is.
 *
 * @param tell told what an operator should know, in lines without a newline
 * @throws ListenError when the address cannot be listened on
 */
export async function startNode(config: NodeConfig, tell: (line: string) => void): Promise<RunningNode> {
  const link = config.redisUrl === undefined ? undefined : connectRedis(config.redisUrl);
  if (link !== undefined) tellOfRedis(link, tell);

  const page = new PageFiles(visitorPage);
  if (page.isEmpty) tell(`there is no page in ${visitorPage.folder}: run "npm run build"`);
  const http = createServer(
    {
      // Longer than any balancer keeps an idle connection: it is the balancer that ends one, never we under its request.
      keepAliveTimeout: 75_000,
      headersTimeout: 30_000,
      requestTimeout: 120_000,
    },
    pageHandler(page),
  );
  const adapter = link === undefined ? undefined : nodeAdapter(config.adapter, link, tell);
  endReceiversOnce();
  const webSockets = new WebSocketEngine();
  const io: NodeServer = new Server(http, {
    destroyUpgrade: false,
    serveClient: true,
    wsEngine: webSockets.Server,
    ...(adapter === undefined ? {} : { adapter: adapter.create }),
  });
  straightenBroadcasts(io.engine, webSockets);
  const plain = new PlainEcho(tell);
  routeUpgrades(
    http,
    '/socket.io/',
    (request, socket, head) => io.engine.handleUpgrade(request, socket, head),
    (request, socket, head) => plain.upgrade(request, socket, head),
  );
  const member = joinCluster(io, {
    server: config.server,
    ...(config.tag === undefined ? {} : { tag: config.tag }),
    ...(link === undefined ? {} : { redis: link }),
    connections: plain,
    signals: [],
  });
  const counts = link === undefined ? undefined : countRooms(io, link);
  const readers = new SlowReaders(io, tell);
  const connections = openConnections(http);
  let port = config.port;
  const tally: Tally = { events: 0, said: 0 };
  let redisMs: number | undefined;
  const counters = (): NodeCounters => ({ ...member.sessions, ...tally, redisMs });
  const parent = ParentLink.open();
  const watch = new ClusterWatch({
    server: config.server,
    state: () => (member.state === 'drain' ? 'draining' : 'up'),
    counters() {
      // The next one carries it. It never rejects.
      if (link !== undefined) void member.ready().then(({ redis }) => (redisMs = redis.roundTripMs));
      return counters();
    },
    redis: () => link?.ready,
    tell: (state) => io.serverSideEmit('state', state),
    parent,
    controls: config.controls ? OWN_VERBS : [],
  });
  if (config.controls) {
    io.on('control', (verb, name) => {
      if (name === config.server && OWN_VERBS.includes(verb)) doToSelf(verb);
    });
  }
  async function control(verb: ControlVerb, name: string): Promise<ControlAnswer> {
    if (parent !== undefined) return parent.order(verb, name);
    if (name === config.server || !OWN_VERBS.includes(verb)) return doToSelf(verb);
    io.serverSideEmit('control', verb, name);
    return { ok: true, done: `${name} was told` };
  }
  serveContract(io, {
    tally,
    watch,
    control: config.controls ? control : undefined,
    server: config.server,
    greeting: () => ({ server: config.server, port, tag: member.tag }),
    counts,
    reachable: () => link?.ready ?? false,
    subscribed: adapter?.subscribed,
    readers,
  });

  async function close(): Promise<void> {
    readers.stop();
    watch.stop();
    parent?.close();
    await counts?.stop();
    const closed = io.close();
    plain.close();
    // What does not end by itself now is a client that does not answer a closing handshake.
    const cut = setTimeout(() => {
      for (const socket of connections) socket.destroy();
    }, 300);
    http.closeAllConnections();
    await closed;
    clearTimeout(cut);
    link?.close();
  }

  try {
    port = await listen(http, config);
  } catch (error) {
    await close();
    throw new ListenError(config, error as NodeJS.ErrnoException);
  }
  return {
    server: config.server,
    host: config.host,
    port,
    url: `http://${inUrl(config.host)}:${port}`,
    tag: member.tag,
    redis: link?.address ?? 'none',
    io,
    http,
    member,
    counts() {
      let rooms = 0;
      for (const key of io.of('/').adapter.rooms.keys()) if (roomOfKey(key) !== undefined) rooms++;
      if (watch.watched && link !== undefined) void member.ready().then(({ redis }) => (redisMs = redis.roundTripMs));
      return { ...counters(), watched: watch.watched, plain: plain.size, rooms, redis: link?.ready };
    },
    close,
  };
}

function countRooms(io: NodeServer, link: RedisLink): RoomCounts {
  const { adapter: rooms } = io.of('/');
  const counts = new RoomCounts({
    link,
    localCount: (room) => rooms.rooms.get(roomKey(room))?.size ?? 0,
    *localRooms() {
      for (const key of rooms.rooms.keys()) {
        const room = roomOfKey(key);
        if (room !== undefined) yield room;
      }
    },
  });
  const changed = (key: string): void => {
    const room = roomOfKey(key);
    if (room !== undefined) void counts.update(room);
  };
  rooms.on('join-room', changed);
  rooms.on('leave-room', changed);
  return counts;
}

function tellOfRedis(link: RedisLink, tell: (line: string) => void): void {
  let droppedBefore = 0;
  let down = false;
  link.on('down', (problem) => {
    down = true;
    droppedBefore = link.dropped;
    tell(`Redis ${link.address}: ${problem}; clients of this node are served, other nodes are not reached`);
  });
  link.on('up', () => {
    if (!down) return;
    down = false;
    const dropped = link.dropped - droppedBefore;
    tell(`Redis ${link.address}: connected; ${dropped} messages to other nodes were dropped`);
  });
}

function openConnections(http: HttpServer): Roster<Socket> {
  const open = new Roster<Socket>();
  http.on('connection', (socket) => {
    const place = open.join(socket);
    socket.once('close', () => open.leave(place));
  });
  return open;
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

function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') return 'the port is in use, choose another with PORT';
  if (error.code === 'EACCES') return 'this port needs more rights, choose one above 1023 with PORT';
  if (error.code === 'EADDRNOTAVAIL') return 'this machine has no such address, choose another with HOST';
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return 'no such host name, choose another with HOST';
  return error.message;
}
