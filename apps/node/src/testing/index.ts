/** What the tests of the node share. Not part of the package. */
export { afterwards, ask, client, node } from './in-process.js';
export type { Client } from './in-process.js';
export { nodeProcess } from './node-process.js';
export type { NodeProcess } from './node-process.js';
