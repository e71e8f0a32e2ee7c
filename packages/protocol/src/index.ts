export * from './events.js';
export * from './health.js';
export * from './session-id.js';
