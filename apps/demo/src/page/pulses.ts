import type { ClusterView } from '@pinwheel/protocol';
import { tint } from '@pinwheel/page/browser/colour.js';
import { type MapLayout, pulsesFor } from './map-layout.js';
import { draw } from './svg.js';

/** Most pulses in motion at once. */
const MAX = 60;
/** Milliseconds of one pulse's motion, and over which the pulses of one view start. */
const TRAVEL_MS = 700;
const SPREAD_MS = 900;

/**
 * Dots that move where messages were delivered since the last view: between clients and their node, and from node to
 * node over Redis. A few dots stand for any number of messages. The browser's animations draw them.
 */
export class Pulses {
  readonly #group: SVGGElement;
  readonly #still = window.matchMedia('(prefers-reduced-motion: reduce)');
  /** Number of pulses started so far. */
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
      // Redis delivers what one node publishes to each of the others.
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
