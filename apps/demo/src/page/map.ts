import type { ClusterView, ViewNode } from '@pinwheel/protocol';
import type { ClusterFeed } from './cluster-feed.js';
import { tint } from '@pinwheel/page/browser/colour.js';
import { byId, setText } from '@pinwheel/page/browser/element.js';
import { formatCount } from './format.js';
import type { Link } from './link.js';
import { layOut, type MapLayout } from './map-layout.js';
import { Pulses } from './pulses.js';
import { draw } from './svg.js';

/** Draws the cluster from the clients to Redis whenever the view changes, with pulses for deliveries. */
export function runMap(link: Link, feed: ClusterFeed): void {
  const panel = byId('cluster', HTMLElement);
  const box = byId('map', HTMLElement);
  const sum = byId('cluster-sum', HTMLElement);
  const oneOf = byId('one-of', HTMLElement);
  const svg = draw('svg', { role: 'img' });
  const lines = draw('g', {});
  const moving = draw('g', { class: 'pulses' });
  const parts = draw('g', {});
  svg.append(lines, moving, parts);
  const pulses = new Pulses(moving);
  let drawn = '';
  let before: ClusterView | undefined;

  function show(view: ClusterView): void {
    const width = Math.floor(panelWidth(panel));
    if (width <= 0) return;
    const own = link.state.phase === 'connected' ? link.state.server : undefined;
    const layout = layOut(width, view.nodes.length);
    const key = JSON.stringify([
      width,
      own,
      view.redis,
      view.nodes.map((node) => [node.server, node.state, node.websocket, node.polling]),
    ]);
    if (key !== drawn) {
      drawn = key;
      panel.dataset['redis'] = view.redis;
      panel.dataset['nodes'] = String(view.nodes.length);
      if (!svg.isConnected) box.append(svg);
      svg.setAttribute('viewBox', `0 0 ${layout.width} ${layout.height}`);
      svg.setAttribute('width', String(layout.width));
      svg.setAttribute('height', String(layout.height));
      svg.setAttribute('aria-label', description(view, own));
      setText(sum, summary(view));
      setText(oneOf, view.nodes.length > 1 ? `one of ${view.nodes.length} servers ·` : '');
      lines.replaceChildren(...drawLines(view, layout));
      parts.replaceChildren(...drawParts(view, layout, own));
    }
    pulses.show(view, before, layout);
    panel.dataset['pulses'] = String(pulses.shown);
    before = view;
  }

  const again = (): void => {
    if (feed.view !== undefined) show(feed.view);
  };
  feed.watch((view) => {
    delete panel.dataset['stale'];
    show(view);
  });
  link.watch(({ phase }) => {
    if (phase !== 'connected') panel.dataset['stale'] = '';
    again();
  });
  new ResizeObserver(again).observe(panel);
}

/** The width within the padding; measured on the parent, since the map's own box has no layout while it is empty. */
function panelWidth(panel: HTMLElement): number {
  const { paddingLeft, paddingRight } = getComputedStyle(panel);
  return panel.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight);
}

function drawLines(view: ClusterView, layout: MapLayout): SVGElement[] {
  const lines: SVGElement[] = [draw('path', { class: 'wire', d: layout.toBalancer })];
  view.nodes.forEach((node, index) => {
    const held = node.polling + node.websocket;
    const wire = draw('path', {
      class: 'wire hued',
      d: layout.toNode[index] ?? '',
      'data-state': node.state,
      'stroke-width': (1.5 + Math.log2(1 + held)).toFixed(1),
    });
    tint(wire, node.server);
    lines.push(wire);
    if (view.redis !== 'none') {
      lines.push(
        draw('path', {
          class: 'wire thin',
          d: layout.toRedis[index] ?? '',
          'data-state': view.redis === 'up' ? node.state : 'down',
        }),
      );
    }
  });
  return lines;
}

function drawParts(view: ClusterView, layout: MapLayout, own: string | undefined): SVGElement[] {
  const radius = layout.clients.x - 2;
  const small = layout.width < 560;
  const held = view.nodes.reduce((total, node) => total + node.polling + node.websocket, 0);
  const round = (at: { x: number; y: number }, kind: string, top: string, below: string): SVGElement => {
    const group = draw('g', { class: `part ${kind}` });
    group.append(
      draw('circle', { cx: at.x, cy: at.y, r: radius }),
      draw('text', { x: at.x, y: at.y + 5, class: 'mark' }, top),
      draw('text', { x: at.x, y: at.y + radius + 16, class: 'under' }, below),
    );
    return group;
  };
  const parts = [
    round(layout.clients, 'clients', formatHeld(held), held === 1 ? 'client' : 'clients'),
    round(layout.balancer, 'balancer', small ? '⇄' : 'LB', 'balancer'),
  ];
  if (view.redis !== 'none') {
    const redis = round(layout.redis, 'redis', small ? 'R' : 'Redis', view.redis);
    redis.setAttribute('data-state', view.redis === 'up' ? 'up' : 'down');
    parts.push(redis);
  }
  view.nodes.forEach((node, index) => {
    const box = layout.nodes[index];
    if (box === undefined) return;
    const group = draw('g', { class: 'part node hued', 'data-state': node.state });
    tint(group, node.server);
    const high = box.height >= 36;
    const name = node.server.length > 14 ? `${node.server.slice(0, 13)}…` : node.server;
    group.append(
      draw('rect', { x: box.x, y: box.y, width: box.width, height: box.height, rx: 10 }),
      draw(
        'text',
        { x: box.x + 10, y: box.y + (high ? box.height / 2 - 4 : box.height / 2 + 5), class: 'name' },
        node.server === own ? `${name} · you` : name,
      ),
    );
    if (high) {
      const text = draw(
        'text',
        { x: box.x + 10, y: box.y + box.height / 2 + 13, class: 'held' },
        heldText(node, small),
      );
      group.append(text);
    }
    parts.push(group);
  });
  return parts;
}

function heldText({ state, websocket, polling }: ViewNode, small: boolean): string {
  if (state !== 'up') return state;
  if (small) return `${formatHeld(websocket)} ws · ${formatHeld(polling)} poll`;
  return `${websocket.toLocaleString('en')} websocket · ${polling.toLocaleString('en')} polling`;
}

/** A count in about five characters. */
function formatHeld(count: number): string {
  return count < 100_000 ? count.toLocaleString('en') : `${Math.round(count / 1_000).toLocaleString('en')}k`;
}

function summary(view: ClusterView): string {
  const held = view.nodes.reduce((total, node) => total + node.polling + node.websocket, 0);
  const up = view.nodes.filter(({ state }) => state === 'up').length;
  return `${formatCount(held, 'client', 'clients')} · ${up} of ${formatCount(view.nodes.length, 'server', 'servers')} up`;
}

function description(view: ClusterView, own: string | undefined): string {
  const nodes = view.nodes.map(({ server, state, websocket, polling }) => {
    const you = server === own ? ', yours' : '';
    return `${server}${you}: ${state}, ${websocket} websocket and ${polling} polling`;
  });
  return `Clients, the balancer, ${nodes.join('; ')}; Redis: ${view.redis}`;
}
