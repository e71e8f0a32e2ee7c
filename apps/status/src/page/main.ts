import './style/page.css';
import { byId, setText } from '@pinwheel/page/browser/element.js';
import { Feed, type StatusDocument } from './feed.js';
import { formatDuration } from './format.js';
import { ListenerSection } from './listener-section.js';
import { NodeSection } from './node-section.js';
import { ProcessLine } from './process-line.js';
import { Rates } from './series.js';
import { UpstreamSection } from './upstream-section.js';

const rates = new Rates();
const processLine = new ProcessLine();
const listeners = new ListenerSection(rates);
const upstreams = new Map<string, UpstreamSection>();
const upstreamBox = byId('upstreams', HTMLElement);
const state = byId('state', HTMLElement);
const silence = byId('silence', HTMLElement);

function setState(name: 'live' | 'lost', text: string, more: string): void {
  document.body.dataset['state'] = name;
  setText(state, text);
  setText(silence, more);
}

/** A section for each upstream, in the order of the configuration. */
function showUpstreams(status: StatusDocument): void {
  const names = new Set(status.upstreams.map(({ name }) => name));
  for (const [name, section] of upstreams) {
    if (names.has(name)) continue;
    section.element.remove();
    upstreams.delete(name);
  }
  status.upstreams.forEach((upstream, index) => {
    let section = upstreams.get(upstream.name);
    if (section === undefined) {
      section = new UpstreamSection(upstream.name, rates);
      upstreams.set(upstream.name, section);
    }
    if (upstreamBox.children[index] !== section.element) {
      upstreamBox.insertBefore(section.element, upstreamBox.children[index] ?? null);
    }
    const peers = status.peers.filter((peer) => peer.upstream === upstream.name);
    section.show(upstream, peers, status.nodes ?? []);
  });
}

/** Shows the program's name and where its clients connect. */
function showProgram({ name, url }: StatusDocument): void {
  setText(byId('program', HTMLElement), url === undefined ? 'balancer' : 'cluster');
  document.title = `${name}: status`;
  const link = byId('client-link', HTMLAnchorElement);
  if (link.hidden && url !== undefined) {
    link.hidden = false;
    link.href = url;
    link.textContent = url.replace(/^https?:\/\//, '');
  }
}

const feed: Feed = new Feed({
  onHistory: (history) => rates.load(history),
  onStatus(status) {
    const goesOn = rates.add(status);
    setState('live', 'live', '');
    showProgram(status);
    processLine.show(status);
    nodes.show(status.nodes, status.redis);
    listeners.show(status);
    showUpstreams(status);
    return goesOn;
  },
  onSilence: (seconds, why) => setState('lost', 'no answer', `since ${formatDuration(seconds)}: ${why}`),
});
const nodes = new NodeSection(() => feed.hurry());

window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  listeners.redraw();
  for (const section of upstreams.values()) section.redraw();
});
feed.start();
