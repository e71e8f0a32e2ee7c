import type { Writable } from 'node:stream';
import * as ws from 'ws';

type End = (this: Writable, ...args: readonly unknown[]) => Writable;

let isDone = false;

/**
 * Makes further calls of `end()` on the receivers of `ws` free, in the whole process. `ws` ends the receiver of a connection
 * three times: with the close frame, with the end of the stream and with the close. A stream that has finished makes an
 * error with a stack of each further call (ERR_STREAM_ALREADY_FINISHED, https://github.com/nodejs/node/pull/28687), which
 * nothing receives. That took a tenth of the CPU time of a WebSocket from handshake to close (test/bench, `insides`).
 */
export function endReceiversOnce(): void {
  // `ws` exports it; its types do not.
  const { Receiver } = ws as unknown as { readonly Receiver?: { readonly prototype: { end: End } } };
  if (isDone || Receiver === undefined) return;
  isDone = true;
  const { end } = Receiver.prototype;
  Receiver.prototype.end = function (...args) {
    return args.length === 0 && this.writableFinished ? this : Reflect.apply(end, this, args);
  };
}
