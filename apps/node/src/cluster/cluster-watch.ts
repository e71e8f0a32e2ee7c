import type { ClusterView, ControlVerb, NodeCounters, ViewNode, ViewState } from '@pinwheel/protocol';
import type { NodeSocket, NodeState } from '../contract.js';

/** Milliseconds between two views. */
const EVERY_MS = 1_000;
/** Milliseconds without a report after which another node, or the parent process, counts as silent. */
const SILENT_MS = 3_000;
/** Milliseconds after which a silent node is no longer shown. */
const FORGOTTEN_MS = 60_000;
/** Milliseconds for which a node reports to the others after one of them asked. */
const ASKED_MS = 5_000;
/** Nodes that are remembered. */
const NODES_MAX = 256;

export interface ClusterWatchOptions {
  readonly server: string;
  readonly state: () => ViewState;
  readonly counters: () => NodeCounters;
  /** True while Redis answers; undefined without Redis. */
  readonly redis: () => boolean | undefined;
  /** Sends this node's state to the other nodes. */
  readonly publish: (state: NodeState) => void;
  /** The parent process, which knows more of the nodes than they report; undefined for a node started by hand. */
  readonly parent: { view(maxAge: number): ClusterView | undefined } | undefined;
  /** The controls that are available without the parent process. */
  readonly controls: readonly ControlVerb[];
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/** Sends a view of the cluster once a second to the clients that asked for it. Nothing runs while no client does. */
export class ClusterWatch {
  readonly #options: ClusterWatchOptions;
  readonly #now: () => number;
  readonly #watchers = new Set<NodeSocket>();
  readonly #heard = new Map<string, { readonly state: NodeState; readonly at: number }>();
  /** The time at which the timer started. */
  #startedAt = 0;
  /** The time at which another node last asked for reports. */
  #askedAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ClusterWatchOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** True while a client of this node watches. */
  get watched(): boolean {
    return this.#watchers.size > 0;
  }

  /** Sends views to this client until it disconnects. */
  add(socket: NodeSocket): void {
    if (this.#watchers.has(socket)) return;
    this.#watchers.add(socket);
    socket.once('disconnect', () => this.#watchers.delete(socket));
    this.#start();
    if (!this.#waitsForParent()) socket.volatile.emit('cluster', this.view());
  }

  /** Takes the state of another node. It came through Redis, so it is checked. */
  hear(state: unknown): void {
    if (!isNodeState(state) || state.server === this.#options.server) return;
    if (this.#heard.size >= NODES_MAX && !this.#heard.has(state.server)) return;
    this.#heard.set(state.server, { state, at: this.#now() });
    if (!state.wanted) return;
    this.#askedAt = this.#now();
    this.#start();
  }

  /** Sends a view to all clients that watch. */
  send(view: ClusterView): void {
    // Volatile: a client that cannot take it now gets the next one.
    for (const socket of this.#watchers) socket.volatile.emit('cluster', view);
  }

  /** The parent's last view, or else a view from the nodes' reports to each other. */
  view(): ClusterView {
    const { parent, controls, redis } = this.#options;
    const known = parent?.view(SILENT_MS);
    if (known !== undefined) return known;
    const reachable = redis();
    return {
      nodes: [this.#own(), ...this.#others()].toSorted((a, b) => byName.compare(a.server, b.server)),
      redis: reachable === undefined ? 'none' : reachable ? 'up' : 'down',
      controls,
    };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#watchers.clear();
  }

  #start(): void {
    if (this.#timer !== undefined) return;
    this.#startedAt = this.#now();
    this.#timer = setInterval(() => this.#tick(), EVERY_MS).unref();
    this.#tick();
  }

  #tick(): void {
    if (!this.watched && this.#now() - this.#askedAt > ASKED_MS) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    // The parent's views are sent on as they come, and the nodes need not report to each other.
    if (this.#options.parent?.view(SILENT_MS) !== undefined) return;
    if (this.#options.redis() === true) this.#options.publish({ ...this.#own(), wanted: this.watched });
    if (!this.#waitsForParent()) this.send(this.view());
  }

  /** True while the parent's first view may still arrive. The nodes' own reports are needed only if it does not. */
  #waitsForParent(): boolean {
    const { parent } = this.#options;
    return parent !== undefined && parent.view(SILENT_MS) === undefined && this.#now() - this.#startedAt < SILENT_MS;
  }

  #own(): ViewNode {
    const { server, state, counters } = this.#options;
    return { server, state: state(), ...counters() };
  }

  *#others(): Generator<ViewNode> {
    const now = this.#now();
    for (const [server, { state, at }] of this.#heard) {
      if (now - at > FORGOTTEN_MS) {
        this.#heard.delete(server);
        continue;
      }
      const { polling, websocket, events, said, redisMs } = state;
      const shown = now - at > SILENT_MS ? 'silent' : state.state;
      yield { server, state: shown, polling, websocket, events, said, redisMs };
    }
  }
}

const byName = new Intl.Collator('en', { numeric: true });
const COUNTERS = ['polling', 'websocket', 'events', 'said'];

function isNodeState(value: unknown): value is NodeState {
  if (typeof value !== 'object' || value === null) return false;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  return (
    typeof fields['server'] === 'string' &&
    fields['server'].length <= 64 &&
    (fields['state'] === 'up' || fields['state'] === 'draining') &&
    COUNTERS.every((name) => typeof fields[name] === 'number')
  );
}
