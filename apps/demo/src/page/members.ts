import type { RoomMember } from '@pinwheel/protocol';
import { tint } from '@pinwheel/page/browser/colour.js';
import { byId, make, makeName, setText } from '@pinwheel/page/browser/element.js';
import { formatCount, shortId } from './format.js';
import { inOrder, sharesOf } from './room-state.js';

/** Most members that are listed; the others are counted. */
const SHOWN = 24;

/** Draws the members of the room and their distribution over the servers. */
export class MembersView {
  readonly #count = byId('room-count', HTMLElement);
  readonly #shares = byId('room-shares', HTMLElement);
  readonly #list = byId('room-members', HTMLUListElement);
  #drawn = '';

  /** Shows only the count, which the answer to a join contains, until the list arrives. */
  count(members: number): void {
    setText(this.#count, formatCount(members, 'member', 'members'));
    this.#list.dataset['count'] = String(members);
  }

  show(members: readonly RoomMember[], ownId: string | undefined): void {
    // The answer to a join may have had another count.
    this.count(members.length);
    const ordered = inOrder(members, ownId);
    // The list arrives every few seconds, mostly unchanged; then focus and selection must survive.
    const key = JSON.stringify([ownId, ordered]);
    if (key === this.#drawn) return;
    this.#drawn = key;
    this.#shares.replaceChildren(...sharesOf(members).map((share) => drawShare(share.server, share.members)));
    const items = ordered.slice(0, SHOWN).map((member) => drawMember(member, member.id === ownId));
    if (ordered.length > SHOWN)
      items.push(make('li', 'more', `and ${(ordered.length - SHOWN).toLocaleString('en')} more`));
    this.#list.replaceChildren(...items);
  }

  clear(): void {
    this.#drawn = '';
    setText(this.#count, '');
    delete this.#list.dataset['count'];
    this.#shares.replaceChildren();
    this.#list.replaceChildren();
  }
}

function drawShare(server: string, members: number): HTMLElement {
  const share = make('li', 'share');
  tint(share, server);
  share.style.flexGrow = String(members);
  share.append(makeName('share-name', server), make('span', 'share-count', String(members)));
  return share;
}

function drawMember(member: RoomMember, own: boolean): HTMLElement {
  const item = make('li', 'member');
  tint(item, member.server);
  item.dataset['server'] = member.server;
  item.dataset['from'] = member.id;
  const who = own ? make('span', 'you', 'you') : make('code', 'id', shortId(member.id));
  item.append(make('span', 'dot'), who, makeName('server', member.server), make('span', 'transport', member.transport));
  return item;
}
