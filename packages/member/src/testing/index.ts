/** What the tests of members share. Not part of the package. */
export { freePort } from './free-port.js';
export { embeddedRedis, hasRedisServer, redisInstall, redisServer } from './redis-process.js';
export type { RedisProcess } from './redis-process.js';
export { exchange } from './raw-http.js';
export { until } from './until.js';
