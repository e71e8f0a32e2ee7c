import type { NodeState } from './admin.js';
import type { Refusal } from './refusal.js';
import type { NodeCounters } from './node-report.js';

/** The cluster as pages see it, and the controls that they may request. */

/** `silent`: the node has not reported for a while, and no process knows more. */
export type ViewState = NodeState | 'silent';

export interface ViewNode extends NodeCounters {
  readonly server: string;
  readonly state: ViewState;
}

/** The controls. `revive` wakes a node that hangs and starts one that is down. */
export type ControlVerb = 'kill' | 'hang' | 'drain' | 'revive' | 'cut' | 'restore';

/** The cluster as a page draws it, once a second. */
export interface ClusterView {
  readonly nodes: readonly ViewNode[];
  /** `none`: the nodes share nothing. */
  readonly redis: 'up' | 'down' | 'cut' | 'none';
  /** The verbs that a page may use; empty where the cluster was started without controls. */
  readonly controls: readonly ControlVerb[];
  /** URL of the operator's page for browsers on the cluster's machine; absent without controls. */
  readonly operator?: string;
}

export interface ControlDone {
  readonly ok: true;
  /** The action that was done, in words for people. */
  readonly done: string;
}

export type ControlAnswer = ControlDone | Refusal;

const VERBS: readonly string[] = ['kill', 'hang', 'drain', 'revive', 'cut', 'restore'] satisfies ControlVerb[];

/** True for one of the verbs. */
export function isControlVerb(value: unknown): value is ControlVerb {
  return typeof value === 'string' && VERBS.includes(value);
}

const TYPE = 'pinwheel:page';

/** Sent by a node to its parent process: a page requests this control. */
export interface ControlOrder {
  /** Names the order in the answer; the node chooses it. */
  readonly id: number;
  readonly verb: ControlVerb;
  /** The node's name; empty for a control of Redis. */
  readonly name: string;
}

/** Sent by the parent process to a node. */
export type PageNews =
  | { readonly event: 'view'; readonly view: ClusterView }
  | { readonly event: 'answer'; readonly id: number; readonly answer: ControlAnswer };

/** Marks a message, so that it can be recognized on the channel. */
export function pageMessage<T extends ControlOrder | PageNews>(message: T): T & { readonly type: string } {
  return { type: TYPE, ...message };
}

/** Reads an order of a node for a page; undefined for any other message. */
export function readControlOrder(message: unknown): ControlOrder | undefined {
  if (!isMarked(message)) return undefined;
  const { id, verb, name } = message;
  if (typeof id !== 'number' || !isControlVerb(verb) || typeof name !== 'string') return undefined;
  return { id, verb, name };
}

/** Reads a message of the parent process; undefined for any other message. Its form is not checked further. */
export function readPageNews(message: unknown): PageNews | undefined {
  return isMarked(message) && isNews(message) ? message : undefined;
}

function isNews(message: Readonly<Record<string, unknown>> | PageNews): message is PageNews {
  return message.event === 'view' || message.event === 'answer';
}

function isMarked(message: unknown): message is Readonly<Record<string, unknown>> {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === TYPE;
}
