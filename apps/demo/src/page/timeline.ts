import { tint } from '@pinwheel/page/browser/colour.js';
import { byId, make } from '@pinwheel/page/browser/element.js';
import { formatCount, formatMs } from './format.js';
import type { Link } from './link.js';
import type { LinkState } from './link-state.js';
import { LogList } from './log-list.js';
import type { Missed } from './missed.js';

/** `you`: this page's connection changed; `cluster`: a node or Redis did; `asked`, `done`: a button of this page was pressed. */
type Kind = 'you' | 'cluster' | 'asked' | 'done';

export interface Timeline {
  /**
   * @param server gives the entry its colour
   * @returns a function that appends the rest of the text, when it is known
   */
  add(kind: Kind, text: string, server?: string): (rest: string) => void;
}

interface Entry {
  readonly at: Date;
  readonly kind: Kind;
  readonly text: HTMLElement;
  readonly server: string | undefined;
}

/** The events of this page, newest at the end. */
export function runTimeline(link: Link, missed: Missed): Timeline {
  const list = byId('timeline', HTMLOListElement);
  const log = new LogList<Entry>(list, byId('timeline-scroll', HTMLElement), drawEntry, 100);
  const timeline: Timeline = {
    add(kind, text, server) {
      const shown = make('bdi', '', text);
      log.add({ at: new Date(), kind, text: shown, server });
      return (rest) => shown.append(rest);
    },
  };

  let last: LinkState = link.state;
  let was: string | undefined;
  let wayTold = false;
  link.watch((state) => {
    if (state.phase === 'lost' && last.phase !== 'lost') {
      was = state.server;
      timeline.add('you', `lost ${state.server ?? 'the server'}`, state.server);
    }
    if (state.phase === 'refused' && last.phase !== 'refused') timeline.add('you', `refused: ${state.reason ?? ''}`);
    if (state.phase === 'connected' && last.phase !== 'connected') arrive(state);
    if (state.isSilent && !last.isSilent) timeline.add('you', `${state.server ?? 'the server'} does not answer`);
    tellWay(state);
    last = state;
  });

  /** The upgrade may finish before the server has sent its name. */
  function tellWay({ phase, server, upgradedMs, upgradeFailed }: LinkState): void {
    if (phase !== 'connected' || (upgradedMs === undefined && !upgradeFailed)) {
      if (phase !== 'connected') wayTold = false;
      return;
    }
    if (wayTold) return;
    wayTold = true;
    const way = upgradedMs === undefined ? 'WebSocket is blocked: stays on polling' : undefined;
    timeline.add('you', way ?? `polling → websocket at ${formatMs(upgradedMs ?? 0)}`, server);
  }

  function arrive(state: LinkState): void {
    const { server = '', awayMs, openedMs = 0 } = state;
    if (awayMs === undefined) {
      timeline.add('you', `on ${server} after ${formatMs(openedMs)}`, server);
      return;
    }
    const lost = was ?? 'a server';
    const way = `lost ${lost} → on ${server} after ${formatMs(awayMs)}`;
    const tellRest = timeline.add('you', way, server);
    void missed.count().then((text) => tellRest(`, ${text}`));
  }

  missed.onLost((count) => {
    timeline.add('you', `${formatCount(count, 'message', 'messages')} of other servers did not come through Redis`);
  });
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
  item.append(time, make('span', 'dot'), text);
  return item;
}
