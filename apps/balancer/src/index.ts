export * from './address.js';
export * from './file-options.js';
export * from './flags.js';
export * from './listen-failure.js';
export * from './policy.js';
export * from './stop-signals.js';
export * from './usage-error.js';
export * from './version.js';
