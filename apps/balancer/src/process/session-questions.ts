import type { PeerNews, Siblings } from '@pinwheel/proxy';
import type { ToMaster } from './worker-messages.js';

/** Milliseconds to wait for the master's answer: it has nothing else to do, unless the machine is overloaded. */
const PATIENCE = 1_000;

/** The other workers, asked through the master. */
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

  /** The answer to a question; one that has come too late is for nobody. */
  answer(id: number, peer: string | undefined): void {
    this.#open.get(id)?.(peer);
    this.#open.delete(id);
  }
}
