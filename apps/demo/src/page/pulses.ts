import type { ClusterView } from '@pinwheel/protocol';
import { tint } from '@pinwheel/page/browser/colour.js';
import { type MapLayout, pulsesFor } from './map-layout.js';
import { draw } from './svg.js';

/** Pulses on their way at once. */
const MAX = 60;
/** Milliseconds that one is on its way, and over which those of a view set out. */
const TRAVEL_MS = 700;
const SPREAD_MS = 900;

/**
 * Dots that travel where something was delivered since the last view: between clients and their node, and from node to
 * node over Redis. They stand for counts, a few dots for any number, and are drawn by the browser's animations alone.
 */
export class Pulses {
  readonly #group: SVGGElement;
  readonly #still = window.matchMedia('(prefers-reduced-motion: reduce)');
  /** How many have set out, ever. */
  shown = 0;

  constructor(group: SVGGElement) {
    this.#group = group;
  }

  show(view: ClusterView, before: ClusterView | undefined, layout: MapLayout): void {
    if (before === undefined || document.hidden || this.#still.matches) return;
    view.nodes.forEach((node, index) => {
      const last = before.nodes.find(({ server }) => server === node.server);
      if (last === undefined) return;
      const way = layout.toNode[index];
      const out = layout.toRedis[index];
      this.#send(pulsesFor(node.events - last.events), [layout.toBalancer, way], node.server, 'same');
      if (view.redis !== 'up') return;
      const said = pulsesFor(node.said - last.said);
      this.#send(said, [out], node.server, 'cross');
      // What one node publishes, Redis delivers to each of the others.
      view.nodes.forEach((other, at) => {
        if (other !== node && other.state === 'up') this.#send(said, [layout.toRedis[at]], node.server, 'back');
      });
    });
  }

  #send(count: number, ways: readonly (string | undefined)[], server: string, kind: 'same' | 'cross' | 'back'): void {
    for (let index = 0; index < count; index += 1) {
      const start = (SPREAD_MS * index) / count;
      ways.forEach((way, leg) => {
        if (way === undefined || this.#group.childElementCount >= MAX) return;
        const later = kind === 'back' ? TRAVEL_MS : (leg * TRAVEL_MS) / ways.length;
        this.#travel(way, server, kind, start + later, TRAVEL_MS / ways.length);
      });
    }
  }

  #travel(way: string, server: string, kind: 'same' | 'cross' | 'back', delay: number, duration: number): void {
    const dot = draw('circle', { r: kind === 'same' ? 4 : 5, class: `pulse ${kind}` });
    tint(dot, server);
    dot.style.offsetPath = `path("${way}")`;
    this.#group.append(dot);
    this.shown += 1;
    const ends = kind === 'back' ? ['100%', '0%'] : ['0%', '100%'];
    const frames = ends.map((offsetDistance) => ({ offsetDistance, opacity: 1 }));
    const animation = dot.animate(frames, { delay, duration, easing: 'linear' });
    const over = (): void => dot.remove();
    animation.finished.then(over, over);
  }
}
