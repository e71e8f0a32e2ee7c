import type { HandOffOffer } from './hand-off.js';

/**
 * Writes an offer for the hand-off pipe, which carries nothing else: id, `idleMs` and the length of the text in decimal, a
 * line feed, the text. All of it is a byte string (latin1); the socket comes with the first byte.
 */
export function offerText({ id, idleMs, text }: HandOffOffer): string {
  return `${id} ${idleMs} ${text.length}\n${text}`;
}

const HEADING = /^(\d+) (\d+) (\d+)$/;

/** Reads offers from such a pipe; their bytes may arrive in any pieces. */
export class HandOffOffers<Handle> {
  #text = '';
  readonly #handles: Handle[] = [];
  readonly #onOffer: (offer: HandOffOffer, handle: Handle | undefined) => void;

  /** @param onOffer gets each offer with its handle; undefined when that was lost on the way */
  constructor(onOffer: (offer: HandOffOffer, handle: Handle | undefined) => void) {
    this.#onOffer = onOffer;
  }

  /** Handles whose offers are not complete. */
  get incomplete(): readonly Handle[] {
    return this.#handles;
  }

  /**
   * @param handle the handle that came with these bytes
   * @throws Error when the bytes are no offers
   */
  add(bytes: string, handle: Handle | undefined): void {
    if (handle !== undefined) this.#handles.push(handle);
    const text = this.#text + bytes;
    let at = 0;
    for (;;) {
      const heading = text.indexOf('\n', at);
      if (heading < 0) break;
      const [, id, idleMs, length] = HEADING.exec(text.slice(at, heading)) ?? [];
      if (length === undefined) throw new Error(`not an offer of a connection: ${text.slice(at, heading)}`);
      const end = heading + 1 + Number(length);
      if (end > text.length) break;
      const offer = { id: Number(id), idleMs: Number(idleMs), text: text.slice(heading + 1, end) };
      at = end;
      this.#onOffer(offer, this.#handles.shift());
    }
    this.#text = at === text.length ? '' : text.slice(at);
  }
}
