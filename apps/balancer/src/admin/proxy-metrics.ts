import type { PeerStatus, ProxyStatus } from '@pinwheel/proxy';
import type { Metric } from './metric.js';

const PEER_STATES = ['up', 'failed', 'down', 'drain'] as const;

/** What the balancer tells Prometheus. */
export const PROXY_METRICS: readonly Metric<ProxyStatus>[] = [
  total('connections_accepted', 'client connections accepted', ({ accepted }) => accepted),
  total('requests', 'requests read', ({ requests }) => requests),
  total('tunnels_opened', 'WebSockets relayed', ({ tunnelsOpened }) => tunnelsOpened),
  total('hand_offs', 'WebSockets given to the process of their node', ({ handOffs }) => handOffs),
  now('connections', 'client connections speaking HTTP now', ({ clients }) => clients),
  now('tunnels', 'WebSockets relayed now', ({ tunnels }) => tunnels),
  now('handed_off', 'WebSockets that processes of nodes have now', ({ handedOff }) => handedOff),
  {
    name: 'pinwheel_errors_total',
    type: 'counter',
    help: 'requests that could not be answered as they should, by reason',
    labels: ['code'],
    read: ({ errorsByCode }, add) => {
      for (const [code, count] of Object.entries(errorsByCode)) add(count, code);
    },
  },
  {
    name: 'pinwheel_upstream_idle_connections',
    type: 'gauge',
    help: 'idle connections kept to the peers',
    labels: ['upstream'],
    read: ({ upstreams }, add) => {
      for (const { name, idle } of upstreams) add(idle, name);
    },
  },
  {
    name: 'pinwheel_upstream_learned_sessions',
    type: 'gauge',
    help: 'session ids without a tag whose peer is remembered',
    labels: ['upstream'],
    read: ({ upstreams }, add) => {
      for (const { name, learnedSids } of upstreams) add(learnedSids, name);
    },
  },
  ofPeers('pinwheel_peer_state', 'gauge', '1 for the state that the peer is in', 'state', ({ state }, add) => {
    for (const one of PEER_STATES) add(one === state ? 1 : 0, one);
  }),
  ofPeer('active', 'gauge', 'requests and tunnels now', ({ active }) => active),
  ofPeer('active_max', 'gauge', 'most requests and tunnels at once', ({ maxActive }) => maxActive),
  ofPeer('tunnels', 'gauge', 'WebSockets relayed now', ({ tunnels }) => tunnels),
  ofPeer('handed_off', 'gauge', 'WebSockets that its process has now', ({ handedOff }) => handedOff),
  ofPeer('requests_total', 'counter', 'attempts', ({ requests }) => requests),
  ofPeer('failures_total', 'counter', 'attempts that failed as max_fails counts', ({ failures }) => failures),
  ofPeer('retries_total', 'counter', 'attempts whose request was tried again', ({ retries }) => retries),
  ofPeer('tunnels_opened_total', 'counter', 'WebSockets relayed', ({ tunnelsOpened }) => tunnelsOpened),
  ofPeer('hand_offs_total', 'counter', 'WebSockets given to its process', ({ handOffs }) => handOffs),
  ofPeer('sent_bytes_total', 'counter', 'bytes sent to it, without those of TLS', ({ bytesSent }) => bytesSent),
  ofPeer(
    'received_bytes_total',
    'counter',
    'bytes received from it, without those of TLS',
    ({ bytesReceived }) => bytesReceived,
  ),
  ofPeer('downtime_seconds_total', 'counter', 'time that it was failed', ({ downtime }) => downtime),
  ofPeers('pinwheel_peer_answers_total', 'counter', 'answers by class of status', 'class', ({ answers }, add) => {
    for (const [name, count] of Object.entries(answers)) add(count, name);
  }),
  ofPeers('pinwheel_peer_errors_total', 'counter', 'failed attempts by reason', 'code', ({ errors }, add) => {
    for (const [code, count] of Object.entries(errors)) add(count, code);
  }),
];

function total(name: string, help: string, value: (status: ProxyStatus) => number): Metric<ProxyStatus> {
  const read: Metric<ProxyStatus>['read'] = (status, add) => add(value(status));
  return { name: `pinwheel_${name}_total`, type: 'counter', help, labels: [], read };
}

function now(name: string, help: string, value: (status: ProxyStatus) => number): Metric<ProxyStatus> {
  return { name: `pinwheel_${name}`, type: 'gauge', help, labels: [], read: (status, add) => add(value(status)) };
}

function ofPeer(
  name: string,
  type: Metric<ProxyStatus>['type'],
  help: string,
  value: (peer: PeerStatus) => number,
): Metric<ProxyStatus> {
  return {
    name: `pinwheel_peer_${name}`,
    type,
    help,
    labels: ['upstream', 'peer'],
    read: ({ upstreams }, add) => {
      for (const upstream of upstreams) for (const peer of upstream.peers) add(value(peer), upstream.name, peer.name);
    },
  };
}

function ofPeers(
  name: string,
  type: Metric<ProxyStatus>['type'],
  help: string,
  label: string,
  read: (peer: PeerStatus, add: (value: number, label: string) => void) => void,
): Metric<ProxyStatus> {
  return {
    name,
    type,
    help,
    labels: ['upstream', 'peer', label],
    read: ({ upstreams }, add) => {
      for (const upstream of upstreams) {
        for (const peer of upstream.peers) read(peer, (value, one) => add(value, upstream.name, peer.name, one));
      }
    },
  };
}
