export type { NodeConfig } from './config.js';
export type { InterServerEvents, NodeServer } from './contract.js';
export { ListenError, startNode } from './node.js';
export type { RunningNode } from './node.js';
