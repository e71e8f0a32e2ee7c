import { tint } from '@pinwheel/page/browser/colour.js';
import { byId, make, makeName, setText } from '@pinwheel/page/browser/element.js';
import type { NodeStatus, RedisStatus } from '@pinwheel/protocol';
import { Controls } from './controls.js';
import { formatBytes, formatCount, formatDuration, formatMs, formatShare } from './format.js';
import { nodeStanding } from './standing.js';
import { type Cell, type Column, count, Table } from './table.js';

const counted = (value: number, tone = ''): Cell => count(value, formatCount(value), tone);
const NONE: Cell = { text: '–', tone: 'zero' };

const COLUMNS: readonly Column<NodeStatus>[] = [
  {
    label: 'State',
    words: true,
    show(node) {
      const { word, why } = nodeStanding(node);
      return { text: node.state === 'up' ? `${word} ${formatDuration(node.uptime)}` : word, tone: 'state', title: why };
    },
  },
  {
    group: 'Sessions now',
    label: 'polling',
    title: 'Engine.IO sessions over polling',
    show: ({ sessions }) => counted(sessions.polling),
  },
  {
    group: 'Sessions now',
    label: 'websocket',
    title: 'Engine.IO sessions over WebSocket',
    show: ({ sessions }) => counted(sessions.websocket),
  },
  { label: 'Plain', title: 'Connections of the plain WebSocket echo', show: ({ plain }) => counted(plain) },
  {
    label: 'Handed off',
    title: 'WebSockets that the balancer has handed off to its process',
    show: ({ handedOff }) => counted(handedOff),
  },
  { label: 'Rooms', title: 'Rooms that its clients are in', show: ({ rooms }) => counted(rooms) },
  {
    group: 'Event loop',
    label: 'p99',
    title: 'How late timers were in the last second, 99th percentile',
    show: ({ pid, eventLoop }) =>
      pid === null ? NONE : { text: formatMs(eventLoop.delayP99), tone: eventLoop.delayP99 > 100 ? 'problem' : '' },
  },
  {
    group: 'Event loop',
    label: 'max',
    title: 'How late timers were in the last second at most',
    show: ({ pid, eventLoop }) => (pid === null ? NONE : { text: formatMs(eventLoop.delayMax) }),
  },
  {
    group: 'Event loop',
    label: 'busy',
    title: 'Share of the last second in which it was busy',
    show: ({ pid, eventLoop }) => (pid === null ? NONE : { text: formatShare(eventLoop.utilization) }),
  },
  { label: 'Memory', title: 'Resident memory', show: ({ rss }) => count(rss, formatBytes(rss)) },
  {
    label: 'Redis',
    words: true,
    title: 'Whether its Redis answers it',
    show: ({ redis }) => (redis === null ? NONE : redis ? { text: 'up' } : { text: 'down', tone: 'problem' }),
  },
  { label: 'Crashes', title: 'Unexpected exits', show: ({ crashes }) => counted(crashes, 'problem') },
  { label: 'Process', title: 'Its process id', show: ({ pid }) => (pid === null ? NONE : { text: String(pid) }) },
];

/** The nodes of a cluster and its Redis, with buttons for the controls. */
export class NodeSection {
  readonly #section = byId('nodes', HTMLElement);
  readonly #redis = make('p', 'redis');
  readonly #redisState = make('span', 'state');
  readonly #redisAbout = make('span', 'about');
  readonly #controls: Controls;
  readonly #table: Table<NodeStatus>;

  /** @param onDone called after a button had an effect, to refresh at once */
  constructor(onDone: () => void) {
    const controls = new Controls(onDone);
    this.#controls = controls;
    this.#table = new Table<NodeStatus>({
      caption: 'Nodes',
      heading: 'Node',
      columns: COLUMNS,
      key: ({ name }) => name,
      head({ name, url }) {
        const box = make('span', 'peer');
        box.append(
          make('span', 'swatch'),
          makeName('server', name),
          make('span', 'address', url.replace(/^\w+:\/\//, '')),
        );
        return box;
      },
      actions: 'Do',
      each(element, node) {
        element.dataset['tone'] = nodeStanding(node).tone;
        element.dataset['state'] = node.state;
        tint(element, node.name);
        const cell = element.lastElementChild;
        if (cell instanceof HTMLElement) controls.showNode(cell, node);
      },
    });
    const redisActions = make('span', 'actions');
    this.#redis.append(make('span', 'name', 'Redis'), this.#redisState, this.#redisAbout, redisActions);
    this.#section.append(this.#table.element, this.#redis, controls.said);
  }

  show(nodes: readonly NodeStatus[] | undefined, redis: RedisStatus | undefined): void {
    this.#section.hidden = nodes === undefined;
    if (nodes === undefined || redis === undefined) return;
    this.#table.show(nodes);
    this.#redis.dataset['state'] = redis.state;
    this.#redis.dataset['tone'] = redis.state === 'up' ? 'good' : 'bad';
    setText(this.#redisState, redis.state);
    const pid = redis.pid === null ? '' : ` · process ${redis.pid}`;
    const shown = redis.kind === 'embedded' ? 'embedded' : redis.shown;
    const alone = redis.state === 'up' ? '' : ' · each node serves its own clients';
    setText(this.#redisAbout, shown + pid + alone);
    const actions = this.#redis.lastElementChild;
    if (actions instanceof HTMLElement) this.#controls.showRedis(actions, redis);
  }
}
