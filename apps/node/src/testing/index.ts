/** Functions that the tests of the node share. They are not part of the package. */
export { afterwards, ask, client, node } from './in-process.js';
export type { Client } from './in-process.js';
export { nodeProcess } from './node-process.js';
export type { NodeProcess } from './node-process.js';
