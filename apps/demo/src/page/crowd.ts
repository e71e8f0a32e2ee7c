import { tint } from './colour.js';
import { byId, make, makeName, setText } from './element.js';
import { formatCount, formatMs } from './format.js';
import { openBeside, type PlainSocket } from './plain-socket.js';
import { quantile } from './round-trips.js';

/** Milliseconds between two drawings, between two steps of opening, and the clients of a step. */
const DRAW_MS = 500;
const STEP_MS = 50;
const STEP = 5;
/** Milliseconds between two echoes of one client, at most. */
const ECHO_MS = 3_000;
const TIMEOUT_MS = 5_000;
/** Round trips that the figures are made of. */
const SAMPLES = 500;

interface Simulated {
  readonly socket: PlainSocket;
  server: string | undefined;
  timer: number;
}

/** The slider: up to 200 clients in this page, each with an echo now and then, drawn together on a timer. */
export function runCrowd(): void {
  const slider = byId('crowd', HTMLInputElement);
  const output = byId('crowd-count', HTMLOutputElement);
  const shares = byId('crowd-shares', HTMLUListElement);
  const figures = byId('crowd-figures', HTMLElement);
  const clients: Simulated[] = [];
  let samples: number[] = [];
  let lost = 0;
  let stepping: number | undefined;
  let drawing: number | undefined;

  slider.addEventListener('input', () => {
    setText(output, slider.value);
    stepping ??= window.setInterval(step, STEP_MS);
    drawing ??= window.setInterval(draw, DRAW_MS);
  });

  function step(): void {
    const wanted = Number(slider.value);
    for (let count = 0; count < STEP && clients.length !== wanted; count += 1) {
      if (clients.length < wanted) clients.push(open());
      else end(clients.pop());
    }
    if (clients.length !== wanted) return;
    window.clearInterval(stepping);
    stepping = undefined;
  }

  function open(): Simulated {
    const client: Simulated = { socket: openBeside(), server: undefined, timer: 0 };
    client.socket.on('server', ({ server }) => {
      client.server = server;
    });
    client.socket.on('disconnect', () => {
      client.server = undefined;
    });
    const echo = (): void => {
      client.timer = window.setTimeout(echo, ECHO_MS * (0.5 + Math.random() / 2));
      if (!client.socket.connected || document.hidden) return;
      const at = performance.now();
      client.socket.timeout(TIMEOUT_MS).emit('echo', at, (error: Error | null) => {
        if (error === null) samples.push(performance.now() - at);
        else lost += 1;
      });
    };
    client.timer = window.setTimeout(echo, Math.random() * ECHO_MS);
    return client;
  }

  function end(client: Simulated | undefined): void {
    if (client === undefined) return;
    window.clearTimeout(client.timer);
    client.socket.disconnect();
  }

  function draw(): void {
    const counts = new Map<string, number>();
    for (const { server } of clients) if (server !== undefined) counts.set(server, (counts.get(server) ?? 0) + 1);
    const ordered = [...counts].toSorted(([a], [b]) => byName.compare(a, b));
    const key = JSON.stringify(ordered);
    if (shares.dataset['key'] !== key) {
      shares.dataset['key'] = key;
      shares.replaceChildren(...ordered.map(([server, count]) => drawShare(server, count)));
    }
    samples = samples.slice(-SAMPLES);
    const sorted = samples.toSorted((a, b) => a - b);
    const connected = ordered.reduce((total, [, count]) => total + count, 0);
    shares.dataset['connected'] = String(connected);
    const parts = [formatCount(connected, 'client', 'clients')];
    const [p50, p99] = [quantile(sorted, 0.5), quantile(sorted, 0.99)];
    if (p50 !== undefined && p99 !== undefined) parts.push(`echo p50 ${formatMs(p50)}, p99 ${formatMs(p99)}`);
    if (lost > 0) parts.push(`${lost} lost`);
    setText(figures, parts.join(' · '));
    if (clients.length > 0 || connected > 0) return;
    window.clearInterval(drawing);
    drawing = undefined;
    samples = [];
    lost = 0;
    setText(figures, '');
  }
}

function drawShare(server: string, count: number): HTMLElement {
  const share = make('li', 'share');
  tint(share, server);
  share.dataset['server'] = server;
  share.style.flexGrow = String(count);
  share.append(makeName('share-name', server), make('span', 'share-count', String(count)));
  return share;
}

const byName = new Intl.Collator('en', { numeric: true });
