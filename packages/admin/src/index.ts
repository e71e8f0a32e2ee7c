export * from './listener/failure.js';
export * from './listener/listener.js';
export type * from './listener/routes.js';
export * from './metrics/balancer-metrics.js';
export * from './metrics/metric.js';
export * from './metrics/sum.js';
export * from './routes/status-routes.js';
export type * from './status/document.js';
export * from './status/process-meter.js';
