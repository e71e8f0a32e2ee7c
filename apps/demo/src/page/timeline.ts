import { tint } from './colour.js';
import { byId, make } from './element.js';
import { formatMs } from './format.js';
import type { Link } from './link.js';
import type { LinkState } from './link-state.js';
import { LogList } from './log-list.js';
import type { Missed } from './missed.js';

/** `you`: to this page's connection; `cluster`: to a node or Redis; `asked`, `done`: by this page's buttons. */
type Kind = 'you' | 'cluster' | 'asked' | 'done';

export interface Timeline {
  /** @param server whose colour the entry has */
  add(kind: Kind, text: string, server?: string): void;
}

interface Entry {
  readonly at: Date;
  readonly kind: Kind;
  readonly text: string;
  readonly server: string | undefined;
}

/** What happened to this page, newest at the end. */
export function runTimeline(link: Link, missed: Missed): Timeline {
  const list = byId('timeline', HTMLOListElement);
  const log = new LogList<Entry>(list, byId('timeline-scroll', HTMLElement), drawEntry, 100);
  const timeline: Timeline = {
    add: (kind, text, server) => log.add({ at: new Date(), kind, text, server }),
  };

  let last: LinkState = link.state;
  let was: string | undefined;
  link.watch((state) => {
    if (state.phase === 'lost' && last.phase !== 'lost') {
      was = state.server;
      timeline.add('you', `lost ${state.server ?? 'the server'}`, state.server);
    }
    if (state.phase === 'refused' && last.phase !== 'refused') timeline.add('you', `refused: ${state.reason ?? ''}`);
    if (state.phase === 'connected' && last.phase !== 'connected') arrive(state);
    if (state.upgradedMs !== undefined && last.upgradedMs === undefined) {
      timeline.add('you', `polling → websocket at ${formatMs(state.upgradedMs)}`, state.server);
    }
    last = state;
  });

  function arrive(state: LinkState): void {
    const { server = '', awayMs, openedMs = 0 } = state;
    if (awayMs === undefined) {
      timeline.add('you', `on ${server} after ${formatMs(openedMs)}`, server);
      return;
    }
    const lost = was ?? 'a server';
    const way = `lost ${lost} → on ${server} after ${formatMs(awayMs)}`;
    void missed.count().then((text) => timeline.add('you', `${way}, ${text}`, server));
  }

  window.addEventListener('offline', () => timeline.add('you', 'this browser is offline'));
  window.addEventListener('online', () => timeline.add('you', 'this browser is online again'));
  return timeline;
}

function drawEntry({ at, kind, text, server }: Entry): HTMLElement {
  const item = make('li', 'event');
  item.dataset['kind'] = kind;
  if (server !== undefined) tint(item, server);
  const time = make('time', 'moment', at.toLocaleTimeString('en', { hour12: false }));
  time.dateTime = at.toISOString();
  item.append(time, make('span', 'dot'), make('bdi', '', text));
  return item;
}
