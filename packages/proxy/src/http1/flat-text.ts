/**
 * Returns the same text (latin1) as one flat string. V8 keeps a concatenated string as a tree of its pieces and walks that
 * tree at each write to a socket, so flattening pays for a text that is written more than once.
 */
export function flatText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
