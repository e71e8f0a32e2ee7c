import { byId, setText } from '@pinwheel/page/browser/element.js';
import { formatCount } from './format.js';

/** Most messages that are kept while the page has no server. */
const KEPT_MAX = 20;

/** The outcome of sending a text. */
type Said = 'said' | 'refused' | 'unknown';

export interface SayBox {
  /** The page is in the room: sends the kept messages. */
  open(): void;
  /** The connection is lost: keeps messages from now on. */
  away(): void;
  /** The page is in no room: discards the kept messages. */
  close(): void;
}

/** The box that sends messages to the room, keeps them while there is no server, and reports when one may be lost. */
export function runSayBox(say: (text: string) => Promise<Said>): SayBox {
  const form = byId('say-form', HTMLFormElement);
  const input = byId('say-text', HTMLInputElement);
  const button = byId('say-send', HTMLButtonElement);
  const note = byId('say-kept', HTMLElement);
  let kept: string[] = [];
  let isOpen = false;

  function showKept(): void {
    setText(
      note,
      kept.length === 0 ? '' : `Kept until you are back: ${formatCount(kept.length, 'message', 'messages')}.`,
    );
  }

  async function send(text: string): Promise<void> {
    const said = await say(text);
    if (said === 'said') return;
    // Put the text back into the box, unless it has a new one.
    if (input.value === '') input.value = text;
    if (said === 'refused') return;
    const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
    setText(note, `The connection was lost before a server confirmed “${shown}”. Send it again if you do not see it.`);
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = input.value;
    input.focus();
    if (text === '') return;
    if (!isOpen && kept.length >= KEPT_MAX) return;
    input.value = '';
    if (isOpen) {
      setText(note, '');
      void send(text);
    } else {
      kept.push(text);
      showKept();
    }
  });

  return {
    open() {
      input.disabled = button.disabled = false;
      isOpen = true;
      const late = kept;
      kept = [];
      if (late.length > 0) showKept();
      for (const text of late) void send(text);
    },
    away() {
      isOpen = false;
    },
    close() {
      input.disabled = button.disabled = true;
      isOpen = false;
      kept = [];
      showKept();
    },
  };
}
