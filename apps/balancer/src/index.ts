export * from './admin/admin-failure.js';
export * from './admin/admin-listener.js';
export type * from './admin/admin-routes.js';
export type * from './admin/metric.js';
export * from './admin/process-meter.js';
export * from './admin/proxy-metrics.js';
export * from './admin/status-routes.js';
export type { BalancerStatus } from '@pinwheel/status';
export * from './file-options.js';
