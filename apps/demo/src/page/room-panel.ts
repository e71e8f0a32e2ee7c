import type { ClusterFeed } from './cluster-feed.js';
import { byId, setText } from '@pinwheel/page/browser/element.js';
import type { Link } from './link.js';
import { MembersView } from './members.js';
import type { Missed } from './missed.js';
import { isRoomName, withRoom } from './query.js';
import { Room } from './room.js';
import { runRoomLinks } from './room-links.js';
import { roomLog } from './room-log.js';
import { runSayBox } from './say-box.js';

/**
 * The room part of the page: join, members, say, log.
 *
 * @param initial the room of a `?room=` link, joined at once
 * @param entered called with every room that the page joins, and with undefined when it leaves
 */
export function runRoom(
  link: Link,
  initial: string | undefined,
  feed: ClusterFeed,
  missed: Missed,
  entered: (room: string | undefined) => void,
): { refresh(): void } {
  const panel = byId('room', HTMLElement);
  const joinForm = byId('room-form', HTMLFormElement);
  const nameInput = byId('room-name', HTMLInputElement);
  const leaveButton = byId('room-leave', HTMLButtonElement);
  const title = byId('room-title', HTMLElement);
  const links = runRoomLinks();
  const problem = byId('room-problem', HTMLElement);
  const sayInput = byId('say-text', HTMLInputElement);
  const log = roomLog();
  const members = new MembersView();
  let seen = new Set<string>();
  let goesOn = false;

  const room = new Room(link, {
    joining(name) {
      panel.dataset['room'] = name;
      setText(title, name);
      setText(problem, '');
      nameInput.value = name;
      // The text that Escape restores.
      nameInput.dataset['rest'] = name;
      leaveButton.hidden = false;
      links.show(name);
    },
    joined(name, count) {
      members.count(count);
      panel.dataset['joined'] = name;
      entered(name);
      setText(problem, '');
      box.open();
      // A user who joins by hand continues in the box for messages; a link or a new connection must not move the focus.
      if (goesOn && joinForm.contains(document.activeElement)) sayInput.focus();
      goesOn = false;
    },
    left() {
      setText(problem, '');
      showOutside();
    },
    refused: showOutside,
    members(list) {
      missed.list(list);
      seen = new Set(list.map((member) => member.id));
      members.show(list, link.socket.id);
    },
    problem: (text) => setText(problem, text),
  });

  const box = runSayBox((text) => room.say(text));
  link.watch(({ phase }) => {
    if (phase !== 'connected') box.away();
  });

  function showOutside(): void {
    entered(undefined);
    delete panel.dataset['room'];
    delete panel.dataset['joined'];
    setText(title, 'A room');
    delete nameInput.dataset['rest'];
    leaveButton.hidden = true;
    links.show(undefined);
    box.close();
    members.clear();
    log.clear();
    history.replaceState(null, '', location.pathname + withRoom(location.search, undefined) + location.hash);
  }

  function enter(name: string): void {
    if (name !== room.name) {
      delete panel.dataset['joined'];
      box.close();
      members.clear();
      log.clear();
    }
    history.replaceState(null, '', withRoom(location.search, name) + location.hash);
    room.enter(name);
  }

  joinForm.addEventListener('submit', (event) => {
    event.preventDefault();
    const name = nameInput.value;
    goesOn = isRoomName(name);
    if (goesOn) enter(name);
    else setText(problem, 'A room has a name of 1 to 128 characters.');
  });

  leaveButton.addEventListener('click', () => {
    room.leave();
    nameInput.focus();
  });

  link.socket.on('said', (said) => {
    if (said.room !== room.name) return;
    missed.hear(said.from, said.number);
    const redisMs = feed.view?.nodes.find(({ server }) => server === said.server)?.redisMs;
    log.add({ said, ownId: link.socket.id, ownServer: link.state.server, redisMs });
    // An unknown sender means that the list is out of date. Remember it at once, so that a flood causes one request.
    if (!seen.has(said.from)) {
      seen.add(said.from);
      room.refresh();
    }
  });

  // When the servers change, so do the members.
  let states = '';
  feed.watch(({ nodes, redis }) => {
    const now = JSON.stringify([redis, nodes.map(({ server, state }) => [server, state])]);
    if (states !== '' && now !== states) room.refresh();
    states = now;
  });

  if (initial !== undefined) enter(initial);
  return { refresh: () => room.refresh() };
}
