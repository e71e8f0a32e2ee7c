export * from './adapters.js';
export * from './events.js';
export * from './health.js';
export * from './session-id.js';
export * from './hand-off.js';
export * from './node-report.js';
export * from './admin.js';
export * from './cluster-view.js';
