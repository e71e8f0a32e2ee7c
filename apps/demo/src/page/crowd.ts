import { tint } from '@pinwheel/page/browser/colour.js';
import { CrowdClients } from './crowd-clients.js';
import { byId, make, makeName, setText } from '@pinwheel/page/browser/element.js';
import { formatCount, formatMs } from './format.js';
import type { Link } from './link.js';
import { quantile } from './round-trips.js';

/** Milliseconds between two drawings. */
const DRAW_MS = 500;
/** Number of round trips in the figures. */
const SAMPLES = 500;

/** The slider: up to 200 clients in this page that send echoes, drawn together on a timer. */
export function runCrowd(link: Link): void {
  const slider = byId('crowd', HTMLInputElement);
  const output = byId('crowd-count', HTMLOutputElement);
  const shares = byId('crowd-shares', HTMLUListElement);
  const figures = byId('crowd-figures', HTMLElement);
  let samples: number[] = [];
  let lost = 0;
  let drawing: number | undefined;
  const clients = new CrowdClients(link, (ms) => {
    if (ms === undefined) lost += 1;
    else samples.push(ms);
  });

  slider.addEventListener('input', () => {
    setText(output, slider.value);
    clients.want(Number(slider.value));
    drawing ??= window.setInterval(draw, DRAW_MS);
  });

  link.watch(() => {
    // A browser has six connections to an origin, and each waiting poll holds one.
    if (slider.disabled === link.isPollingOnly) return;
    slider.disabled = link.isPollingOnly;
    setText(figures, link.isPollingOnly ? 'Simulated clients need WebSockets, and this page has polling only.' : '');
  });

  function draw(): void {
    const ordered = [...clients.counts].toSorted(([a], [b]) => byName.compare(a, b));
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
    if (lost > 0) parts.push(`${lost.toLocaleString('en')} lost`);
    setText(figures, parts.join(' · '));
    if (clients.size > 0 || connected > 0) return;
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
