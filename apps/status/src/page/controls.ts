import { make, setText } from '@pinwheel/page/browser/element.js';
import type { ADMIN_HEADER, NodeState, NodeStatus, RedisStatus } from '@pinwheel/protocol';

/** The header that the admin listener requires for changes. Importing the value would bundle Node's modules. */
const HEADER: typeof ADMIN_HEADER = 'x-pinwheel-admin';

interface Verb {
  readonly verb: string;
  readonly label: string;
  readonly title: string;
}

const VERBS: Readonly<Record<string, Verb>> = {
  kill: { verb: 'kill', label: 'Kill', title: 'SIGKILL; the node restarts automatically' },
  hang: { verb: 'hang', label: 'Hang', title: 'SIGSTOP; the node keeps its connections and does not respond' },
  resume: { verb: 'resume', label: 'Resume', title: 'SIGCONT' },
  drain: { verb: 'drain', label: 'Drain', title: 'Drains its sessions, exits and stays down' },
  restart: { verb: 'restart', label: 'Restart', title: 'Drains it if it runs, then starts it' },
  cut: { verb: 'cut', label: 'Cut', title: 'Stops it and keeps it down' },
  restore: { verb: 'restore', label: 'Restore', title: 'Starts it on the same port, empty' },
};

/** The verbs for a node in each state. */
const NODE_VERBS: Readonly<Record<NodeState, readonly string[]>> = {
  up: ['drain', 'restart', 'hang', 'kill'],
  starting: ['kill'],
  draining: ['kill'],
  hung: ['resume', 'kill'],
  down: ['restart'],
};

/** Buttons for the verbs of the admin listener; see apps/cluster. */
export class Controls {
  /** The result of the last verb. */
  readonly said = make('p', 'said');
  readonly #onDone: () => void;

  constructor(onDone: () => void) {
    this.#onDone = onDone;
    this.said.role = 'status';
  }

  showNode(box: HTMLElement, { name, state }: NodeStatus): void {
    this.#show(box, `nodes/${encodeURIComponent(name)}`, name, NODE_VERBS[state]);
  }

  showRedis(box: HTMLElement, { kind, state }: RedisStatus): void {
    this.#show(box, 'redis', 'Redis', kind === 'external' ? [] : [state === 'cut' ? 'restore' : 'cut']);
  }

  /** Buttons that stay keep the focus; a removed one passes it to the first that is left. */
  #show(box: HTMLElement, path: string, name: string, verbs: readonly string[]): void {
    const key = verbs.join(' ');
    if (box.dataset['verbs'] === key) return;
    box.dataset['verbs'] = key;
    const had = box.contains(document.activeElement);
    const buttons = verbs.map((verb) => this.#make(path, name, verb));
    box.replaceChildren(...buttons);
    if (had) buttons[0]?.focus();
  }

  #make(path: string, name: string, verb: string): HTMLButtonElement {
    const { label = verb, title = '' } = VERBS[verb] ?? {};
    const button = make('button', 'quiet', label);
    button.type = 'button';
    button.title = title;
    button.dataset['verb'] = verb;
    button.ariaLabel = `${label} ${name}`;
    button.addEventListener('click', () => {
      // The button is not disabled, so that it keeps the focus.
      if (button.ariaBusy === 'true') return;
      button.ariaBusy = 'true';
      void ask(`${path}/${verb}`).then((answer) => {
        button.ariaBusy = 'false';
        setText(this.said, `${name}: ${answer}`);
        this.#onDone();
      });
    });
    return button;
  }
}

/** @returns what was done or why not, for the user */
async function ask(path: string): Promise<string> {
  try {
    const answer = await fetch(path, { method: 'POST', headers: { [HEADER]: '1' } });
    const document = (await answer.json()) as { done?: string; error?: { message: string } };
    return document.done ?? document.error?.message ?? `${answer.status}`;
  } catch {
    return 'the admin listener cannot be reached';
  }
}
