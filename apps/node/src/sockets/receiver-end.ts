import type { Writable } from 'node:stream';
import * as ws from 'ws';

type End = (this: Writable, ...args: readonly unknown[]) => Writable;

let done = false;

/**
 * `ws` ends the receiver of each connection three times: with the close frame, the end of the stream and the close. To a
 * stream that has finished `end()` is nothing but an error with its stack made for nobody: twice per connection, a tenth of
 * what a WebSocket costs from its handshake to its end (Node 20, ws 8.23). From now on it is nothing.
 */
export function endReceiversOnce(): void {
  // Exported by `ws`, and missing in its types.
  const { Receiver } = ws as unknown as { readonly Receiver?: { readonly prototype: { end: End } } };
  if (done || Receiver === undefined) return;
  done = true;
  const { end } = Receiver.prototype;
  Receiver.prototype.end = function (...args) {
    return args.length === 0 && this.writableFinished ? this : Reflect.apply(end, this, args);
  };
}
