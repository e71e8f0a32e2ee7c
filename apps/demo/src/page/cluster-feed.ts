import type { ClusterView } from '@pinwheel/protocol';
import type { Link } from './link.js';
import type { PageSocket } from './page-socket.js';
import { openBeside } from './plain-socket.js';

/** Milliseconds without a view after which the page's own server counts as silent. */
const SILENT_MS = 2_500;
/** Milliseconds between two checks of that. */
const LOOK_MS = 500;
/** Extra connections opened at once, so that one of them reaches a server that answers, and milliseconds until the next ones. */
const SCOUTS = 2;
const SCOUT_MS = 2_000;

/** The view of the cluster that a server sends once a second: the page's own server or, while it is silent, another. */
export interface ClusterFeed {
  /** Undefined until the first one arrives. */
  readonly view: ClusterView | undefined;
  /** A connection whose server has answered recently; undefined for none. */
  readonly socket: PageSocket | undefined;
  /** Calls `listener` with every new view. */
  watch(listener: (view: ClusterView) => void): void;
}

/** Subscribes on every new connection, and on another one while that is silent or lost. */
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
    // A hidden page, and a page that never had a view, expect none.
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
