import type { ClusterFeed } from './cluster-feed.js';
import { byId } from '@pinwheel/page/browser/element.js';

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/;

/** A link to the operator's page, for browsers on the cluster's own machine: the page listens on loopback only. */
export function runOperatorLink(feed: ClusterFeed): void {
  if (!LOOPBACK.test(location.hostname)) return;
  const link = byId('operator', HTMLAnchorElement);
  feed.watch(({ operator }) => {
    // The address comes from a server, so only addresses of this machine are accepted.
    const isHere = operator !== undefined && /^https?:\/\/(?:127\.|\[::1\]|localhost[:/])/.test(operator);
    link.hidden = !isHere;
    if (isHere && link.href !== operator) link.href = operator;
  });
}
