import { byId, setText } from '@pinwheel/page/browser/element.js';
import { formatMs, formatTick } from './format.js';
import type { Link } from './link.js';
import { RoundTrips } from './round-trips.js';
import { sparkline } from './sparkline.js';

/** Milliseconds between two echoes. */
const EVERY_MS = 1_000;

/** Milliseconds after which an echo counts as lost. */
const TIMEOUT_MS = 5_000;

/** Consecutive echoes without any packet from the server after which the page considers it hung. */
const HUNG_AFTER = 3;

/** Echoes in the window: one minute. */
const CAPACITY = 60;

const PLOT = { width: 600, height: 100, capacity: CAPACITY, floor: 1 };

/** Degrees that the pinwheel turns with every answer: one blade. */
const BLADE = 60;

/** Measures the round trip once a second while the page is connected and visible, and draws the last minute. */
export function runEcho(link: Link): void {
  const trips = new RoundTrips(CAPACITY);
  const texts = {
    last: byId('rtt', HTMLElement),
    p50: byId('rtt-p50', HTMLElement),
    p99: byId('rtt-p99', HTMLElement),
    lost: byId('rtt-lost', HTMLElement),
    top: byId('rtt-top', HTMLElement),
  };
  const lostItem = byId('rtt-lost-item', HTMLElement);
  const line = byId('spark-line', SVGPathElement);
  const area = byId('spark-area', SVGPathElement);
  const dot = byId('spark-dot', SVGPathElement);
  const wheel = byId('wheel', SVGElement);
  let sent = 0;
  let turned = 0;
  let unanswered = 0;
  let timer: number | undefined;

  function ask(): void {
    timer = window.setTimeout(ask, EVERY_MS);
    // Browsers throttle the timers and frames of a hidden page, so it would measure the browser.
    if (!link.socket.connected || document.hidden) {
      unanswered = 0;
      return;
    }
    // A hung server keeps its connections.
    if (unanswered >= HUNG_AFTER && link.silentMs > HUNG_AFTER * EVERY_MS) {
      unanswered = 0;
      link.leave();
      return;
    }
    if (unanswered > 0 && link.silentMs > EVERY_MS) link.silent();
    unanswered += 1;
    const number = (sent += 1);
    const session = link.socket.id;
    const start = performance.now();
    link.socket.timeout(TIMEOUT_MS).emit('echo', number, (error: Error | null, answer: unknown) => {
      unanswered = 0;
      // The connection that carried the echo is lost, which the head of the page shows.
      if (error !== null && link.socket.id !== session) return;
      // A server that limits the rate answers with an error instead of the number.
      const echoed = error === null && answer === number;
      trips.add(echoed ? performance.now() - start : null);
      if (echoed) turn();
      draw();
    });
  }

  function turn(): void {
    turned += BLADE;
    wheel.style.transform = `rotate(${turned}deg)`;
  }

  function draw(): void {
    const { last, p50, p99, lost } = trips.figures();
    setText(texts.last, figure(last));
    if (last !== undefined) texts.last.dataset['ms'] = last.toFixed(2);
    setText(texts.p50, figure(p50));
    setText(texts.p99, figure(p99));
    setText(texts.lost, String(lost));
    lostItem.hidden = lost === 0;
    const shapes = sparkline(trips.samples, PLOT);
    line.setAttribute('d', shapes.line);
    area.setAttribute('d', shapes.area);
    dot.setAttribute('d', shapes.dot);
    setText(texts.top, `${formatTick(shapes.top)}${shapes.cut ? ' +' : ''}`);
  }

  let wasConnected = false;
  link.watch((state) => {
    const connected = state.phase === 'connected';
    if (connected && !wasConnected) {
      window.clearTimeout(timer);
      ask();
    }
    wasConnected = connected;
  });
}

function figure(ms: number | undefined): string {
  return ms === undefined ? '–' : formatMs(ms);
}
