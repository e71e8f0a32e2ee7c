import type { ChildProcess } from 'node:child_process';
import { AdminFailure } from '@pinwheel/admin';
import {
  type ClusterView,
  type ControlAnswer,
  type ControlOrder,
  pageMessage,
  type PageNews,
  readControlOrder,
  readNodeReport,
} from '@pinwheel/protocol';
import { ClusterFailure } from '../process/failure.js';
import type { Controls } from './controls.js';

export interface PageLinkOptions {
  readonly view: () => ClusterView;
  /** Undefined when pages have no controls. */
  readonly controls: Controls | undefined;
}

/** Connects the pages of the nodes with the cluster, over IPC: sends the state of the cluster, and runs the pages' controls. */
export class PageLink {
  readonly #options: PageLinkOptions;

  constructor(options: PageLinkOptions) {
    this.#options = options;
  }

  /** Listens to a node's process from its start to its end. A report with `watched` asks for the state of the cluster. */
  attach(child: ChildProcess): void {
    child.on('message', (message) => {
      if (readNodeReport(message)?.watched === true) this.#send(child, { event: 'view', view: this.#options.view() });
      const order = readControlOrder(message);
      if (order === undefined) return;
      void this.#obey(order).then((answer) => {
        this.#send(child, { event: 'answer', id: order.id, answer });
        this.#send(child, { event: 'view', view: this.#options.view() });
      });
    });
  }

  /** Never rejects. */
  async #obey({ verb, name }: ControlOrder): Promise<ControlAnswer> {
    const { controls } = this.#options;
    if (controls === undefined) return refusal('the cluster was started without controls');
    try {
      if (verb === 'cut' || verb === 'restore') return { ok: true, done: (await controls.redis(verb)).done };
      const done = verb === 'revive' ? await controls.revive(name) : await controls.node(name, verb);
      return { ok: true, done: done.done };
    } catch (error) {
      if (error instanceof AdminFailure || error instanceof ClusterFailure) return refusal(error.message);
      throw error;
    }
  }

  #send(child: ChildProcess, news: PageNews): void {
    // A channel that has just closed reports that by its own event.
    if (child.connected) child.send(pageMessage(news), () => undefined);
  }
}

function refusal(message: string): ControlAnswer {
  return { ok: false, error: { code: 'unavailable', message } };
}
