export * from './adapters.js';
export * from './events.js';
export * from './health.js';
export * from './session-id.js';
export * from './hand-off.js';
