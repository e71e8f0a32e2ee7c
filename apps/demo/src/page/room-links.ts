import { byId, setText } from '@pinwheel/page/browser/element.js';
import { withRoom } from './query.js';

/** Milliseconds for which "Copied" is shown. */
const COPIED_MS = 3_000;

/** The links to a room: to open it in another window, and to copy. */
export function runRoomLinks(): { show(room: string | undefined): void } {
  const box = byId('room-links', HTMLElement);
  const link = byId('room-link', HTMLAnchorElement);
  const copy = byId('room-copy', HTMLButtonElement);
  const note = byId('room-copied', HTMLElement);
  let timer: number | undefined;

  copy.addEventListener('click', () => {
    void copyText(link.href).then((isCopied) => {
      setText(note, isCopied ? 'Copied' : 'Copy it from the address bar');
      window.clearTimeout(timer);
      timer = window.setTimeout(() => setText(note, ''), COPIED_MS);
    });
  });

  return {
    show(room) {
      box.hidden = room === undefined;
      if (room !== undefined) link.href = withRoom(location.search, room);
    },
  };
}

/** @returns false when the browser refuses: a page loaded without TLS from another machine has no clipboard */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
