export { readStraight, streamHandle, writeStraight } from './stream-handle.js';
export type { StreamHandle } from './stream-handle.js';
export { HandOffPipe } from './hand-off-pipe.js';
export { openHandOffPipe } from './hand-off-pipe-reader.js';
export { connectionBelow } from './underlay.js';
export { UnreadCopy } from './unread-copy.js';
