export { ProxyError } from './errors.js';
export type { ErrorCode, ErrorSource } from './errors.js';
export { OptionError } from './fields.js';
export type * from './facts.js';
export type * from './options.js';
export { createProxy } from './proxy.js';
export type { BoundAddress } from './listeners.js';
export type { Proxy } from './proxy.js';
export type * from './status.js';
