import { byId, setText } from '@pinwheel/page/browser/element.js';
import { formatCount } from './format.js';

/** Messages that are kept while the page is away. */
const KEPT_MAX = 20;

/** What becomes of a text. */
type Said = 'said' | 'refused' | 'unknown';

export interface SayBox {
  /** The room is there: what was kept is said. */
  open(): void;
  /** The connection is gone: what is said from here on is kept. */
  away(): void;
  /** There is no room to say anything to, and what was kept is gone with it. */
  close(): void;
}

/** The box that says something to the room, keeps it while there is no server, and tells when it may be lost. */
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
    // Back into the box, unless something new is there.
    if (input.value === '') input.value = text;
    if (said === 'refused') return;
    const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
    setText(note, `The connection was lost before a server had “${shown}”. Say it again if you do not see it.`);
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
