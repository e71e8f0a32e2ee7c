import type { NodeState } from './admin.js';
import type { Refusal } from './events.js';

/** What a page is told of the cluster, and what it may ask to have done to it. */

/** `silent`: no process that knows says more of it than that nothing was heard for a while. */
export type ViewState = NodeState | 'silent';

/** What a node says of itself to those who draw the cluster. */
export interface NodeCounters {
  /** Engine.IO sessions by transport. */
  readonly polling: number;
  readonly websocket: number;
  /** Events of clients that it has answered since it started. */
  readonly events: number;
  /** Room messages of its clients since it started: each goes to the other nodes once. */
  readonly said: number;
  /** Milliseconds for a message through Redis and back, of late; undefined when none came back. */
  readonly redisMs: number | undefined;
}

export interface ViewNode extends NodeCounters {
  readonly server: string;
  readonly state: ViewState;
}

/** What can be done by hand. `revive` wakes a node that hangs and starts one that is down. */
export type ControlVerb = 'kill' | 'hang' | 'drain' | 'revive' | 'cut' | 'restore';

/** The cluster as a page draws it, once a second. */
export interface ClusterView {
  readonly nodes: readonly ViewNode[];
  /** `none`: the nodes share nothing. */
  readonly redis: 'up' | 'down' | 'cut' | 'none';
  /** What this cluster lets a page do; empty where it was started without its controls. */
  readonly controls: readonly ControlVerb[];
  /** Where the operator's page is for browsers on the cluster's machine; absent where pages may do nothing. */
  readonly operator?: string;
}

export interface ControlDone {
  readonly ok: true;
  /** What was done, for a person. */
  readonly done: string;
}

export type ControlAnswer = ControlDone | Refusal;

const VERBS: readonly string[] = ['kill', 'hang', 'drain', 'revive', 'cut', 'restore'] satisfies ControlVerb[];

/** True for something that can be asked for. */
export function isControlVerb(value: unknown): value is ControlVerb {
  return typeof value === 'string' && VERBS.includes(value);
}

const TYPE = 'pinwheel:page';

/** Node to the process that started it: a page asks for this. */
export interface ControlOrder {
  /** Names the order in the answer; the node's own. */
  readonly id: number;
  readonly verb: ControlVerb;
  /** The node's name; nothing for what is done to Redis. */
  readonly name: string;
}

/** That process to the node. */
export type PageNews =
  | { readonly event: 'view'; readonly view: ClusterView }
  | { readonly event: 'answer'; readonly id: number; readonly answer: ControlAnswer };

/** Puts the mark on a message that tells it from others on the channel. */
export function pageMessage<T extends ControlOrder | PageNews>(message: T): T & { readonly type: string } {
  return { type: TYPE, ...message };
}

/** Reads what a node orders for a page; undefined for any other message. */
export function readControlOrder(message: unknown): ControlOrder | undefined {
  if (!isMarked(message)) return undefined;
  const { id, verb, name } = message;
  if (typeof id !== 'number' || !isControlVerb(verb) || typeof name !== 'string') return undefined;
  return { id, verb, name };
}

/** Reads what the process that started a node tells it; undefined for any other message. It is trusted with the form. */
export function readPageNews(message: unknown): PageNews | undefined {
  return isMarked(message) && isNews(message) ? message : undefined;
}

function isNews(message: Readonly<Record<string, unknown>> | PageNews): message is PageNews {
  return message.event === 'view' || message.event === 'answer';
}

function isMarked(message: unknown): message is Readonly<Record<string, unknown>> {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === TYPE;
}
