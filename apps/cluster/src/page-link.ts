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
import { ClusterFailure } from './cluster-failure.js';
import type { Controls } from './controls.js';

export interface PageLinkOptions {
  readonly view: () => ClusterView;
  /** Undefined where pages may do nothing. */
  readonly controls: Controls | undefined;
}

/** Serves the pages of the nodes over their IPC channels: the cluster as it stands, and what pages ask to have done. */
export class PageLink {
  readonly #options: PageLinkOptions;

  constructor(options: PageLinkOptions) {
    this.#options = options;
  }

  /** Listens to a process from its start to its end. Its reports ask for a view while a page of it looks. */
  attach(child: ChildProcess): void {
    child.on('message', (message) => {
      if (readNodeReport(message)?.watched === true) this.#tell(child, { event: 'view', view: this.#options.view() });
      const order = readControlOrder(message);
      if (order === undefined) return;
      void this.#obey(order).then((answer) => {
        this.#tell(child, { event: 'answer', id: order.id, answer });
        this.#tell(child, { event: 'view', view: this.#options.view() });
      });
    });
  }

  /** Never rejects. */
  async #obey({ verb, name }: ControlOrder): Promise<ControlAnswer> {
    const { controls } = this.#options;
    if (controls === undefined) return refusal('expected a cluster that was started with its controls, this was not');
    try {
      if (verb === 'cut' || verb === 'restore') return { ok: true, done: (await controls.redis(verb)).done };
      const done = verb === 'revive' ? await controls.revive(name) : await controls.node(name, verb);
      return { ok: true, done: done.done };
    } catch (error) {
      if (error instanceof AdminFailure || error instanceof ClusterFailure) return refusal(error.message);
      throw error;
    }
  }

  #tell(child: ChildProcess, news: PageNews): void {
    // A channel that has just closed is told by its own event.
    if (child.connected) child.send(pageMessage(news), () => undefined);
  }
}

function refusal(message: string): ControlAnswer {
  return { ok: false, error: { code: 'unavailable', message } };
}
