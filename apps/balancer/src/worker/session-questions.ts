import type { PeerNews, Siblings } from '@pinwheel/proxy';
import type { ToMaster } from './messages.js';

/** Milliseconds to wait for the master's answer. Only an overloaded machine takes longer than a few. */
const PATIENCE = 1_000;

/** Asks the other workers through the master, and reports to them. */
export class SessionQuestions implements Siblings {
  readonly #send: (message: ToMaster) => void;
  readonly #open = new Map<number, (peer: string | undefined) => void>();
  #last = 0;

  constructor(send: (message: ToMaster) => void) {
    this.#send = send;
  }

  learned(upstream: string, what: 'sid' | 'tag', key: string, peer: string): void {
    this.#send({ kind: 'learned', upstream, what, key, peer });
  }

  find(upstream: string, sid: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      const id = ++this.#last;
      const timer = setTimeout(() => this.answer(id, undefined), PATIENCE);
      this.#open.set(id, (peer) => {
        clearTimeout(timer);
        resolve(peer);
      });
      this.#send({ kind: 'find', id, upstream, sid });
    });
  }

  peersChanged(upstream: string, news: readonly PeerNews[]): void {
    this.#send({ kind: 'peers', upstream, news });
  }

  /** Passes on the answer to a question; a late answer is ignored. */
  answer(id: number, peer: string | undefined): void {
    this.#open.get(id)?.(peer);
    this.#open.delete(id);
  }
}
