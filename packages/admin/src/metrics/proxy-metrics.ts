import type { ListenerStatus, PeerStatus, ProxyStatus } from '@pinwheel/proxy';
import type { Metric } from './metric.js';

/** What holds the status of the balancer. */
interface Now {
  readonly proxy: ProxyStatus;
}

const PEER_STATES = ['up', 'failed', 'down', 'drain'] as const;

/** What the balancer tells Prometheus. */
export const PROXY_METRICS: readonly Metric<Now>[] = [
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
    read: ({ proxy }, add) => {
      for (const [code, count] of Object.entries(proxy.errorsByCode)) add(count, code);
    },
  },
  ofListener('connections', 'gauge', 'client connections now, tunnels too', ({ connections }) => connections),
  ofListener('connections_max', 'gauge', 'most client connections at once', ({ maxConnections }) => maxConnections),
  ofListener('connections_accepted_total', 'counter', 'client connections accepted', ({ accepted }) => accepted),
  ofListener('requests_total', 'counter', 'requests read', ({ requests }) => requests),
  ofListener('errors_total', 'counter', 'requests that could not be answered as they should', ({ errors }) => errors),
  {
    name: 'pinwheel_upstream_idle_connections',
    type: 'gauge',
    help: 'idle connections kept to the peers',
    labels: ['upstream'],
    read: ({ proxy }, add) => {
      for (const { name, idle } of proxy.upstreams) add(idle, name);
    },
  },
  {
    name: 'pinwheel_upstream_learned_sessions',
    type: 'gauge',
    help: 'session ids without a tag whose peer is remembered',
    labels: ['upstream'],
    read: ({ proxy }, add) => {
      for (const { name, learnedSids } of proxy.upstreams) add(learnedSids, name);
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
  ofPeers('pinwheel_peer_sessions_opened_total', 'counter', 'new sessions', 'transport', ({ sessions }, add) => {
    add(sessions.polling, 'polling');
    add(sessions.websocket, 'websocket');
  }),
  ofPeer('sent_bytes_total', 'counter', 'bytes sent to it, without those of TLS', ({ bytesSent }) => bytesSent),
  ofPeer(
    'received_bytes_total',
    'counter',
    'bytes received from it, without those of TLS',
    ({ bytesReceived }) => bytesReceived,
  ),
  ofPeer('check_misses', 'gauge', 'health checks in a row without an answer', ({ check }) => check?.misses ?? 0),
  ofPeer('downtime_seconds_total', 'counter', 'time that it was failed', ({ downtime }) => downtime),
  ofPeers('pinwheel_peer_answers_total', 'counter', 'answers by class of status', 'class', ({ answers }, add) => {
    for (const [name, count] of Object.entries(answers)) add(count, name);
  }),
  ofPeers('pinwheel_peer_errors_total', 'counter', 'failed attempts by reason', 'code', ({ errors }, add) => {
    for (const [code, count] of Object.entries(errors)) add(count, code);
  }),
];

function total(name: string, help: string, value: (status: ProxyStatus) => number): Metric<Now> {
  const read: Metric<Now>['read'] = ({ proxy }, add) => add(value(proxy));
  return { name: `pinwheel_${name}_total`, type: 'counter', help, labels: [], read };
}

function now(name: string, help: string, value: (status: ProxyStatus) => number): Metric<Now> {
  return { name: `pinwheel_${name}`, type: 'gauge', help, labels: [], read: ({ proxy }, add) => add(value(proxy)) };
}

function ofListener(
  name: string,
  type: Metric<Now>['type'],
  help: string,
  value: (listener: ListenerStatus) => number,
): Metric<Now> {
  return {
    name: `pinwheel_listener_${name}`,
    type,
    help,
    labels: ['listener'],
    read: ({ proxy }, add) => {
      for (const listener of proxy.listeners) add(value(listener), listener.name);
    },
  };
}

function ofPeer(
  name: string,
  type: Metric<Now>['type'],
  help: string,
  value: (peer: PeerStatus) => number,
): Metric<Now> {
  return {
    name: `pinwheel_peer_${name}`,
    type,
    help,
    labels: ['upstream', 'peer'],
    read: ({ proxy }, add) => {
      for (const upstream of proxy.upstreams)
        for (const peer of upstream.peers) add(value(peer), upstream.name, peer.name);
    },
  };
}

function ofPeers(
  name: string,
  type: Metric<Now>['type'],
  help: string,
  label: string,
  read: (peer: PeerStatus, add: (value: number, label: string) => void) => void,
): Metric<Now> {
  return {
    name,
    type,
    help,
    labels: ['upstream', 'peer', label],
    read: ({ proxy }, add) => {
      for (const upstream of proxy.upstreams) {
        for (const peer of upstream.peers) read(peer, (value, one) => add(value, upstream.name, peer.name, one));
      }
    },
  };
}
