import type { ClusterView, ControlVerb, ViewNode } from '@pinwheel/protocol';
import type { ClusterFeed } from './cluster-feed.js';
import { tint } from '@pinwheel/page/browser/colour.js';
import { control } from './control.js';
import { byId, make, makeName, setText } from '@pinwheel/page/browser/element.js';
import { formatMs } from './format.js';
import type { Link } from './link.js';
import type { Timeline } from './timeline.js';

interface Row {
  readonly item: HTMLElement;
  readonly state: HTMLElement;
  readonly figures: HTMLElement;
  readonly buttons: Map<ControlVerb, HTMLButtonElement>;
}

const NODE_VERBS = [
  ['kill', 'Kill'],
  ['hang', 'Hang'],
  ['drain', 'Drain'],
  ['revive', 'Revive'],
] as const;

/** The list of nodes and Redis, with buttons for the controls. Rows stay in place while their texts change. */
export function runNodeList(link: Link, feed: ClusterFeed, timeline: Timeline): void {
  const list = byId('nodes', HTMLUListElement);
  const dare = byId('dare', HTMLElement);
  const rows = new Map<string, Row>();
  let before: ClusterView | undefined;
  let dared = false;

  /** A suggestion of what to try, until a button has been pressed. */
  function showDare(): void {
    const { phase, server } = link.state;
    const may = !dared && feed.view?.controls.includes('kill') === true && feed.view.nodes.length > 1;
    if (!may) setText(dare, '');
    else if (phase === 'connected' && server !== undefined)
      setText(dare, `Go on, kill ${server}, the server you are on: you are back on a server in about a second.`);
  }

  const run = (verb: ControlVerb, name: string, button: HTMLButtonElement): void => {
    // The button is not disabled, so that it keeps the focus.
    if (button.ariaBusy === 'true') return;
    button.ariaBusy = 'true';
    timeline.add('asked', `You asked: ${verb} ${name}`);
    dared = true;
    showDare();
    void control(feed, verb, name).then((answer) => {
      button.ariaBusy = 'false';
      if (answer !== undefined) timeline.add('done', `${name}: ${answer}`);
    });
  };

  const makeRow = (name: string, verbs: readonly (readonly [ControlVerb, string])[], allowed: ClusterView): Row => {
    const item = make('li', 'node-row');
    item.dataset['name'] = name;
    const state = make('span', 'node-state');
    const figures = make('span', 'node-figures');
    const actions = make('span', 'node-actions');
    const buttons = new Map<ControlVerb, HTMLButtonElement>();
    for (const [verb, label] of verbs) {
      if (!allowed.controls.includes(verb)) continue;
      const button = make('button', 'quiet small', label);
      button.type = 'button';
      button.dataset['verb'] = verb;
      button.setAttribute('aria-label', name === 'Redis' ? label : `${label} ${name}`);
      button.addEventListener('click', () => run(verb, name, button));
      buttons.set(verb, button);
    }
    actions.append(...buttons.values());
    item.append(make('span', 'dot'), makeName('server', name), state, figures, actions);
    return { item, state, figures, buttons };
  };

  feed.watch((view) => {
    const wanted = [...view.nodes.map(({ server }) => server), ...(view.redis === 'none' ? [] : ['Redis'])];
    const key = (of: ClusterView, names: readonly string[]): string => JSON.stringify([names, of.controls]);
    if (list.dataset['key'] !== key(view, wanted)) {
      list.dataset['key'] = key(view, wanted);
      rows.clear();
      for (const { server } of view.nodes) {
        const row = makeRow(server, NODE_VERBS, view);
        row.item.classList.add('hued');
        tint(row.item, server);
        rows.set(server, row);
      }
      if (view.redis !== 'none') {
        const verbs = [
          ['cut', 'Cut Redis'],
          ['restore', 'Restore Redis'],
        ] as const;
        rows.set('Redis', makeRow('Redis', verbs, view));
      }
      list.replaceChildren(...[...rows.values()].map(({ item }) => item));
    }
    for (const node of view.nodes) {
      const row = rows.get(node.server);
      if (row === undefined) continue;
      const last = before?.nodes.find(({ server }) => server === node.server);
      showNode(row, node, last);
      if (last !== undefined && last.state !== node.state) {
        timeline.add('cluster', `${node.server}: ${last.state} → ${node.state}`, node.server);
      }
    }
    showRedis(rows.get('Redis'), view);
    if (before !== undefined && before.redis !== view.redis) {
      timeline.add('cluster', `Redis: ${before.redis} → ${view.redis}`);
    }
    before = view;
    showDare();
  });
  link.watch(showDare);
}

function showNode(row: Row, node: ViewNode, last: ViewNode | undefined): void {
  row.item.dataset['state'] = node.state;
  setText(row.state, node.state);
  const rate = last === undefined ? 0 : Math.max(0, node.events - last.events);
  const parts = [`${rate.toLocaleString('en')} ${rate === 1 ? 'event' : 'events'}/s`];
  if (node.polling > 0) parts.unshift(`${node.polling.toLocaleString('en')} polling`);
  parts.unshift(`${node.websocket.toLocaleString('en')} websocket`);
  if (node.redisMs !== undefined) parts.push(`Redis ${formatMs(node.redisMs)}`);
  setText(row.figures, node.state === 'down' ? '' : parts.join(' · '));
  const isUp = node.state === 'up';
  show(row, 'kill', node.state !== 'down');
  show(row, 'hang', isUp);
  show(row, 'drain', isUp);
  show(row, 'revive', !isUp && node.state !== 'starting');
}

function showRedis(row: Row | undefined, view: ClusterView): void {
  if (row === undefined) return;
  row.item.dataset['state'] = view.redis === 'up' ? 'up' : 'down';
  setText(row.state, view.redis);
  setText(row.figures, view.redis === 'up' ? '' : 'each node serves its own clients');
  show(row, 'cut', view.redis !== 'cut');
  show(row, 'restore', view.redis === 'cut');
}

function show(row: Row, verb: ControlVerb, isShown: boolean): void {
  const button = row.buttons.get(verb);
  if (button === undefined || button.hidden === !isShown) return;
  // The focus of a removed button moves to the one that replaces it.
  const hadFocus = document.activeElement === button;
  button.hidden = !isShown;
  if (hadFocus) queueMicrotask(() => [...row.buttons.values()].find(({ hidden }) => !hidden)?.focus());
}
