export type { Options } from './options/options.js';
export { readOptions } from './options/read-options.js';
export type { Result } from './report/result.js';
export type { Progress } from './report/live.js';
export { run } from './run/run.js';
export { RunFailure } from './run/run-failure.js';
