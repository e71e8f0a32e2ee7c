import type { ClusterFeed } from './cluster-feed.js';
import { byId, setText } from './element.js';
import type { Link } from './link.js';
import { MembersView } from './members.js';
import type { Missed } from './missed.js';
import { isRoomName, withRoom } from './query.js';
import { Room } from './room.js';
import { roomLog } from './room-log.js';

/**
 * The room part of the page: join, members, say, log.
 *
 * @param initial the room of a `?room=` link, joined at once
 * @param entered told of every room the page goes to, and of undefined when it leaves
 */
export function runRoom(
  link: Link,
  initial: string | undefined,
  feed: ClusterFeed,
  missed: Missed,
  entered: (room: string | undefined) => void,
): void {
  const panel = byId('room', HTMLElement);
  const joinForm = byId('room-form', HTMLFormElement);
  const nameInput = byId('room-name', HTMLInputElement);
  const leaveButton = byId('room-leave', HTMLButtonElement);
  const title = byId('room-title', HTMLElement);
  const beside = byId('room-link', HTMLAnchorElement);
  const problem = byId('room-problem', HTMLElement);
  const sayForm = byId('say-form', HTMLFormElement);
  const sayInput = byId('say-text', HTMLInputElement);
  const sayButton = byId('say-send', HTMLButtonElement);
  const log = roomLog();
  const members = new MembersView();
  let seen = new Set<string>();

  const room = new Room(link, {
    joining(name) {
      panel.dataset['room'] = name;
      setText(title, name);
      setText(problem, '');
      nameInput.value = name;
      leaveButton.hidden = false;
      beside.hidden = false;
      beside.href = withRoom(location.search, name);
    },
    joined(name, count) {
      members.count(count);
      sayInput.disabled = sayButton.disabled = false;
      panel.dataset['joined'] = name;
      entered(name);
      setText(problem, '');
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

  function showOutside(): void {
    entered(undefined);
    delete panel.dataset['room'];
    delete panel.dataset['joined'];
    setText(title, 'A room');
    leaveButton.hidden = beside.hidden = true;
    sayInput.disabled = sayButton.disabled = true;
    members.clear();
    log.clear();
    history.replaceState(null, '', location.pathname + withRoom(location.search, undefined) + location.hash);
  }

  function enter(name: string): void {
    if (name !== room.name) {
      delete panel.dataset['joined'];
      sayInput.disabled = sayButton.disabled = true;
      members.clear();
      log.clear();
    }
    history.replaceState(null, '', withRoom(location.search, name) + location.hash);
    room.enter(name);
  }

  joinForm.addEventListener('submit', (event) => {
    event.preventDefault();
    const name = nameInput.value;
    if (isRoomName(name)) enter(name);
    else setText(problem, 'A room has a name of 1 to 128 characters.');
  });

  leaveButton.addEventListener('click', () => {
    room.leave();
    nameInput.focus();
  });

  sayForm.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = sayInput.value;
    sayInput.focus();
    if (text === '' || room.name === undefined) return;
    if (!link.socket.connected) {
      setText(problem, 'Not sent: there is no connection now.');
      return;
    }
    setText(problem, '');
    sayInput.value = '';
    void room.say(text).then((done) => {
      // Not said: back into the box, unless something new is there.
      if (!done && sayInput.value === '') sayInput.value = text;
    });
  });

  link.socket.on('said', (said) => {
    if (said.room !== room.name) return;
    missed.hear(said.from, said.number);
    const redisMs = feed.view?.nodes.find(({ server }) => server === said.server)?.redisMs;
    log.add({ said, ownId: link.socket.id, ownServer: link.state.server, redisMs });
    // Someone new speaks: the list is out of date. Remembered at once, so that a flood asks once.
    if (!seen.has(said.from)) {
      seen.add(said.from);
      room.refresh();
    }
  });

  if (initial !== undefined) enter(initial);
}
