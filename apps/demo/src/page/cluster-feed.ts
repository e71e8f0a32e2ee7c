import type { ClusterView } from '@pinwheel/protocol';
import type { Link, PageSocket } from './link.js';
import { openBeside } from './plain-socket.js';

/** Milliseconds without a view after which the page's own server counts as one that does not answer. */
const SILENT_MS = 2_500;
/** Milliseconds between two looks at that. */
const LOOK_MS = 500;
/** Scouts at once, so that one of them is placed on a server that answers, and milliseconds until others are sent. */
const SCOUTS = 2;
const SCOUT_MS = 2_000;

/** The cluster as a server tells it, once a second: the page's own or, while that one is silent, another. */
export interface ClusterFeed {
  /** Undefined until the first one came. */
  readonly view: ClusterView | undefined;
  /** A connection whose server answers, as far as is known; undefined for none. */
  readonly socket: PageSocket | undefined;
  /** Calls `listener` with every view that comes from now on. */
  watch(listener: (view: ClusterView) => void): void;
}

/** Asks for the cluster on every new connection, and elsewhere while that one is silent or away. */
export function feedCluster(link: Link): ClusterFeed {
  const watchers: ((view: ClusterView) => void)[] = [];
  let view: ClusterView | undefined;
  let asked: string | undefined;
  let ownAt = performance.now();
  let scouts: PageSocket[] = [];
  let sentAt = 0;
  let scout: PageSocket | undefined;

  function news(next: ClusterView): void {
    view = next;
    for (const watcher of watchers) watcher(next);
  }

  function recall(): void {
    for (const socket of scouts) if (socket !== scout) socket.disconnect();
    scouts = [];
  }

  function send(): void {
    recall();
    sentAt = performance.now();
    scouts = Array.from({ length: SCOUTS }, () => openBeside(link));
    for (const socket of scouts) {
      socket.once('server', () => {
        if (scout !== undefined) return;
        scout = socket;
        socket.on('cluster', news);
        socket.once('disconnect', () => {
          if (scout === socket) scout = undefined;
        });
        socket.emit('watch', () => undefined);
        recall();
      });
    }
  }

  link.watch(({ phase }) => {
    const { id } = link.socket;
    if (phase !== 'connected' || id === asked) return;
    asked = id;
    link.socket.emit('watch', () => undefined);
  });
  link.socket.on('cluster', (next) => {
    ownAt = performance.now();
    if (scout !== undefined || scouts.length > 0) {
      const done = scout;
      scout = undefined;
      done?.disconnect();
      recall();
    }
    news(next);
  });
  window.setInterval(() => {
    // Only where a view is expected: a hidden page, and one that never had any, wait.
    if (view === undefined || document.hidden || !navigator.onLine) return;
    const now = performance.now();
    if (now - ownAt < SILENT_MS || scout !== undefined) return;
    if (scouts.length === 0 || now - sentAt > SCOUT_MS) send();
  }, LOOK_MS);

  return {
    get view() {
      return view;
    },
    get socket() {
      if (performance.now() - ownAt < SILENT_MS && link.socket.connected) return link.socket;
      return scout;
    },
    watch: (listener) => void watchers.push(listener),
  };
}
