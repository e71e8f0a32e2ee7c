/**
 * The element of the page with this id.
 *
 * @throws Error when the page has none or it is of another kind: index.html and the code differ
 */
export function byId<E extends Element>(id: string, kind: abstract new (...args: never[]) => E): E {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`expected #${id} to be a ${kind.name} in index.html, found ${element?.constructor.name ?? 'none'}`);
}

/** A new element with a class and a text. The text is only ever text. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text?: string,
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** A new `<bdi>`: a name of unknown direction that leaves the sentence around it in order. */
export function makeName(className: string, text: string): HTMLElement {
  return make('bdi', className, text);
}

/** Sets a text only when it differs, so that a screen reader reads a live region once. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
