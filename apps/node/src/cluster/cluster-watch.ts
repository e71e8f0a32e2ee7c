import type { ClusterView, ControlVerb, NodeCounters, ViewNode, ViewState } from '@pinwheel/protocol';
import type { NodeSocket } from '../echo/serve-contract.js';
import type { ParentLink } from './parent-link.js';

/** Milliseconds between two views. */
const EVERY_MS = 1_000;
/** Milliseconds without a word after which another node, or the process that started this one, counts as silent. */
const SILENT_MS = 3_000;
/** Milliseconds after which a silent node is no longer spoken of. */
const FORGOTTEN_MS = 60_000;
/** Milliseconds for which a node speaks of itself when another one has asked. */
const ASKED_MS = 5_000;
/** Nodes that are remembered. */
const NODES_MAX = 256;

/** What nodes tell each other, once a second, while a page on one of them looks. */
export interface NodeState extends NodeCounters {
  readonly server: string;
  readonly state: ViewState;
  /** A page looks: the others are asked to tell of themselves too. */
  readonly wanted: boolean;
}

export interface ClusterWatchOptions {
  readonly server: string;
  readonly state: () => ViewState;
  readonly counters: () => NodeCounters;
  /** Whether Redis answers; undefined without one. */
  readonly redis: () => boolean | undefined;
  /** Tells the other nodes. */
  readonly tell: (state: NodeState) => void;
  /** The process that started this node, which knows more of the others than they say. */
  readonly parent: ParentLink | undefined;
  /** What can be done without that process. */
  readonly controls: readonly ControlVerb[];
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** Sends the cluster as it stands to the clients that asked for it, once a second. Nothing runs while nobody asks. */
export class ClusterWatch {
  readonly #options: ClusterWatchOptions;
  readonly #now: () => number;
  readonly #watchers = new Set<NodeSocket>();
  readonly #heard = new Map<string, { readonly state: NodeState; readonly at: number }>();
  /** When the timer began. */
  #startedAt = 0;
  #asked = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ClusterWatchOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    options.parent?.onView((view) => this.#send(view));
  }

  /** True while a client of this node looks. */
  get watched(): boolean {
    return this.#watchers.size > 0;
  }

  add(socket: NodeSocket): void {
    if (this.#watchers.has(socket)) return;
    this.#watchers.add(socket);
    socket.once('disconnect', () => this.#watchers.delete(socket));
    this.#start();
    if (!this.#waits()) socket.volatile.emit('cluster', this.view());
  }

  /** Takes what another node told. Whatever came is checked: it was in Redis. */
  hear(told: unknown): void {
    if (!isNodeState(told) || told.server === this.#options.server) return;
    if (this.#heard.size >= NODES_MAX && !this.#heard.has(told.server)) return;
    this.#heard.set(told.server, { state: told, at: this.#now() });
    if (!told.wanted) return;
    this.#asked = this.#now();
    this.#start();
  }

  /** What the starting process told of late, else what the nodes told each other. */
  view(): ClusterView {
    const { parent, controls, redis } = this.#options;
    const told = parent?.view(SILENT_MS);
    if (told !== undefined) return told;
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
    if (!this.watched && this.#now() - this.#asked > ASKED_MS) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    // Its views are sent on as they come, and need no word between the nodes.
    if (this.#options.parent?.view(SILENT_MS) !== undefined) return;
    if (this.#options.redis() === true) this.#options.tell({ ...this.#own(), wanted: this.watched });
    if (!this.#waits()) this.#send(this.view());
  }

  /** What the starting process knows is on its way; what the nodes say is for where it does not come. */
  #waits(): boolean {
    const { parent } = this.#options;
    return parent !== undefined && parent.view(SILENT_MS) === undefined && this.#now() - this.#startedAt < SILENT_MS;
  }

  #send(view: ClusterView): void {
    // Volatile: a client that cannot take it now gets the next one.
    for (const socket of this.#watchers) socket.volatile.emit('cluster', view);
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
