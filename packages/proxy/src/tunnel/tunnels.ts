import { Roster } from '@pinwheel/roster';
import type { ListenerCounts } from '../listen/listener.js';
import type { Wire } from '../net/wire.js';
import type { FarEnd } from './tunnel.js';
import { Tunnel } from './tunnel.js';

/** What the client's side of a tunnel brings. */
export interface NearEnd {
  readonly wire: Wire;
  /** Of the listener that the connection came to. */
  readonly counts: ListenerCounts;
  /** What the client sent behind its request. */
  readonly early: string;
  /** Called once, when the tunnel is over. */
  readonly onEnd: () => void;
}

/** The tunnels of one proxy: opens them, counts them, closes them. */
export class Tunnels {
  readonly #open = new Roster<Tunnel>();
  readonly #onEmpty: () => void;
  /** Since the start. */
  opened = 0;

  /** @param onEmpty called when the last one has ended */
  constructor(onEmpty: () => void) {
    this.#onEmpty = onEmpty;
  }

  /** Open now. */
  get size(): number {
    return this.#open.size;
  }

  /** @param first beginning of what the peer sent behind its 101, at most 512 bytes of it */
  open(near: NearEnd, far: FarEnd, first: string): void {
    this.opened++;
    far.peer.counts.tunnelOpened();
    const tunnel = new Tunnel(near.wire, far, () => {
      near.onEnd();
      far.peer.counts.tunnels--;
      near.counts.connections--;
      this.#open.leave(place);
      if (this.#open.size === 0) this.#onEmpty();
    });
    const place = this.#open.join(tunnel);
    tunnel.start(first, near.early);
  }

  /** Those that are open now. */
  list(): readonly Tunnel[] {
    return [...this.#open];
  }

  closeAll(): void {
    for (const tunnel of this.#open) tunnel.destroy();
  }
}
