import type { Said } from '@pinwheel/protocol';
import { tint } from '@pinwheel/page/browser/colour.js';
import { byId, make, makeName } from '@pinwheel/page/browser/element.js';
import { formatMs, formatPayload, shortId } from './format.js';
import { LogList } from './log-list.js';

/** A line of the room's log: the message, and the page's own id and server when it arrived. */
export interface RoomEntry {
  said: Said;
  ownId: string | undefined;
  ownServer: string | undefined;
  /** The latest time that a message of its server took through Redis, in milliseconds. */
  redisMs: number | undefined;
}

/** The room's log, in `#room-log`. */
export function roomLog(): LogList<RoomEntry> {
  const list = byId('room-log', HTMLOListElement);
  return new LogList(list, byId('room-scroll', HTMLElement), draw, 200);
}

function draw({ said, ownId, ownServer, redisMs }: RoomEntry): HTMLElement {
  const own = said.from === ownId;
  const cross = said.server !== ownServer;

  const item = make('li', own ? 'said own' : 'said');
  tint(item, said.server);
  item.dataset['server'] = said.server;
  item.dataset['from'] = said.from;
  item.dataset['cross'] = String(cross);

  const head = make('p', 'said-head');
  head.append(make('span', 'dot'), makeName('server', said.server));
  head.append(own ? make('span', 'you', 'you') : make('code', 'id', shortId(said.from)));
  if (cross)
    head.append(make('span', 'cross', redisMs === undefined ? 'cross-node' : `cross-node +${formatMs(redisMs)}`));
  const text = make('p', 'said-text', formatPayload(said.payload));
  text.dir = 'auto';
  item.append(head, text);
  return item;
}
