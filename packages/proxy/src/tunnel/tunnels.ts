import { Roster } from '@pinwheel/roster';
import type { ListenerCounts } from '../listen/listener.js';
import type { Wire } from '../net/wire.js';
import type { FarEnd } from './tunnel.js';
import { Tunnel } from './tunnel.js';

/** The client's side of a tunnel. */
export interface NearEnd {
  readonly wire: Wire;
  /** The counters of the connection's listener. */
  readonly counts: ListenerCounts;
  /** The bytes that followed the client's request, a byte string. */
  readonly early: string;
  /** Called once, when the tunnel has ended. */
  readonly onEnd: () => void;
}

/** Opens, counts and closes the tunnels of one proxy. */
export class Tunnels {
  readonly #open = new Roster<Tunnel>();
  readonly #onEmpty: () => void;
  /** Tunnels since the start. */
  opened = 0;

  /** @param onEmpty called when the last tunnel has ended */
  constructor(onEmpty: () => void) {
    this.#onEmpty = onEmpty;
  }

  /** Open tunnels. */
  get size(): number {
    return this.#open.size;
  }

  /** Opens a tunnel. @param first the first bytes that followed the peer's 101, at most 512 */
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

  /** The open tunnels. */
  list(): readonly Tunnel[] {
    return [...this.#open];
  }

  closeAll(): void {
    for (const tunnel of this.#open) tunnel.destroy();
  }
}
