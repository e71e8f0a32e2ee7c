/**
 * The same text (latin1) in one piece. V8 keeps a text that was put together as a tree of its pieces, and goes through
 * that tree each time it is written to a socket: worth it for what is written more than once.
 */
export function flatText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
