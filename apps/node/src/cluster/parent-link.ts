import { within } from '@pinwheel/member';
import { type ClusterView, type ControlAnswer, type ControlVerb, pageMessage, readPageNews } from '@pinwheel/protocol';
import { RefusedError } from '../contract.js';

/** Milliseconds in which the parent process must answer an order. */
const ANSWER_MS = 10_000;

/**
 * The IPC channel to the process that started this node: it sends views of the cluster and carries out the controls
 * that a page requests.
 */
export class ParentLink {
  readonly #orders = new Map<number, (answer: ControlAnswer) => void>();
  #lastOrder = 0;
  #view: { readonly view: ClusterView; readonly at: number } | undefined;
  #onView: (view: ClusterView) => void = () => undefined;

  private constructor() {}

  /** The link; undefined for a node that was started by hand. */
  static open(): ParentLink | undefined {
    if (process.send === undefined) return undefined;
    const link = new ParentLink();
    process.on('message', link.#onMessage);
    return link;
  }

  /** The last view, if it came within the last `maxAge` milliseconds. */
  view(maxAge: number): ClusterView | undefined {
    return this.#view !== undefined && performance.now() - this.#view.at <= maxAge ? this.#view.view : undefined;
  }

  /** Calls `listener` with every view. */
  onView(listener: (view: ClusterView) => void): void {
    this.#onView = listener;
  }

  /** @throws RefusedError (`unavailable`) when no answer came within 10 s */
  async order(verb: ControlVerb, name: string): Promise<ControlAnswer> {
    const id = ++this.#lastOrder;
    const answered = new Promise<ControlAnswer>((resolve) => {
      this.#orders.set(id, resolve);
    });
    process.send?.(pageMessage({ id, verb, name }), undefined, undefined, () => undefined);
    try {
      return await within(ANSWER_MS, answered);
    } catch {
      throw new RefusedError('unavailable', `the cluster process did not answer within ${ANSWER_MS / 1_000} s`);
    } finally {
      this.#orders.delete(id);
    }
  }

  close(): void {
    process.off('message', this.#onMessage);
  }

  readonly #onMessage = (message: unknown): void => {
    const news = readPageNews(message);
    if (news?.event === 'view') {
      this.#view = { view: news.view, at: performance.now() };
      this.#onView(news.view);
    } else if (news?.event === 'answer') {
      this.#orders.get(news.id)?.(news.answer);
    }
  };
}
