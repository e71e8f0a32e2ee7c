export { readStraight, streamHandle, writeStraight } from './stream-handle.js';
export type { StreamHandle } from './stream-handle.js';
