/**
 * The ways in which nodes share rooms through Redis: `redis` by pub/sub, `sharded` by the sharded pub/sub of Redis 7,
 * `streams` by a stream. All nodes of a cluster use the same.
 */
export const ADAPTERS = ['redis', 'sharded', 'streams'] as const;
export type AdapterName = (typeof ADAPTERS)[number];
