import { type ClusterView, type ControlAnswer, type ControlVerb, pageMessage, readPageNews } from '@pinwheel/protocol';
import { RefusedError } from '../echo/arguments.js';

/** Milliseconds that the process has for an order. */
const ANSWER_MS = 10_000;

/** The process that started this node, over the IPC channel: it tells of the cluster and does what a page asks for. */
export class ParentLink {
  readonly #orders = new Map<number, (answer: ControlAnswer) => void>();
  #lastOrder = 0;
  #view: { readonly view: ClusterView; readonly at: number } | undefined;
  #tell: (view: ClusterView) => void = () => undefined;

  constructor() {
    process.on('message', this.#onMessage);
  }

  /** The link, where there is such a process. */
  static open(): ParentLink | undefined {
    return process.send === undefined ? undefined : new ParentLink();
  }

  /** What it told last, if that was within `maxAge` milliseconds. */
  view(maxAge: number): ClusterView | undefined {
    return this.#view !== undefined && performance.now() - this.#view.at <= maxAge ? this.#view.view : undefined;
  }

  onView(listener: (view: ClusterView) => void): void {
    this.#tell = listener;
  }

  /** @throws RefusedError (`unavailable`) when no answer came within 10 s */
  order(verb: ControlVerb, name: string): Promise<ControlAnswer> {
    const id = ++this.#lastOrder;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#orders.delete(id);
        reject(new RefusedError('unavailable', `expected an answer within ${ANSWER_MS} ms, got none`));
      }, ANSWER_MS).unref();
      this.#orders.set(id, (answer) => {
        clearTimeout(timer);
        this.#orders.delete(id);
        resolve(answer);
      });
      process.send?.(pageMessage({ id, verb, name }), undefined, undefined, () => undefined);
    });
  }

  close(): void {
    process.off('message', this.#onMessage);
  }

  readonly #onMessage = (message: unknown): void => {
    const news = readPageNews(message);
    if (news?.event === 'view') {
      this.#view = { view: news.view, at: performance.now() };
      this.#tell(news.view);
    } else if (news?.event === 'answer') {
      this.#orders.get(news.id)?.(news.answer);
    }
  };
}
