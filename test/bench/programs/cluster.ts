/**
 * A cluster as `npm start` runs it, with argv[2] nodes on free ports and the Redis of REDIS_URL or its own. Sends `{
 * port, workers }` when it serves, or `{ unavailable }` when its balancer does not hand sockets to its nodes.
 */
import { startCluster } from '@pinwheel/cluster';

const redisUrl = process.env['REDIS_URL'];
const cluster = await startCluster({
  nodes: Number(process.argv[2] ?? 1),
  port: 0,
  nodePort: 0,
  redisUrl: redisUrl === '' ? undefined : redisUrl,
});
process.on('disconnect', () => {
  void cluster.stop(0).then(() => process.exit(0));
});
process.on('SIGTERM', () => {
  void cluster.stop(0).then(() => process.exit(0));
});
// The status document of a balancer that hands sockets over counts them.
if (/"hand-?(ed)?_?off/i.test(JSON.stringify(cluster.status()))) {
  process.send?.({
    port: Number(new URL(cluster.url).port),
    workers: cluster.nodes.map((node) => node.pid),
  });
} else {
  process.send?.({ unavailable: true });
}
