import type { Facts } from '../../facts.js';
import type { RequestHead } from '../../http1/request-head.js';
import type { Peer } from '../peer.js';
import { Tried } from '../policy/policy.js';
import type { EngineRequest } from './engine-io.js';
import { opensPollingSession, sessionOpened } from './engine-io.js';
import type { UpstreamGroup } from '../upstream-group.js';

/** Chooses the peers that a request is sent to, one attempt after another: the peer of its session, then by the policy. */
export class PeerChoice {
  readonly tried = new Tried();
  /** The response carries a new sid. */
  readonly opensPolling: boolean;
  readonly #clientAddress: string;
  readonly #head: RequestHead;
  readonly #facts: () => Facts;
  readonly #engine: EngineRequest | undefined;
  #hasAsked = false;

  constructor(engine: EngineRequest | undefined, clientAddress: string, head: RequestHead, facts: () => Facts) {
    this.#clientAddress = clientAddress;
    this.#head = head;
    this.#facts = facts;
    this.#engine = engine;
    this.opensPolling = this.#engine !== undefined && opensPollingSession(this.#engine, head);
  }

  /** The request is Engine.IO's and has no sid yet. */
  get opensSession(): boolean {
    return this.#engine?.sid === '';
  }

  /** @returns undefined when no peer is available; a promise when siblings or peers have to be asked first: then call again */
  next(group: UpstreamGroup): Peer | Promise<void> | undefined {
    const { upstream } = group;
    const sid = this.#engine?.sid ?? '';
    if (sid !== '' && upstream.options.stickySid) {
      const pinned = upstream.pinnedPeer(sid);
      if (pinned !== undefined && !this.tried.has(pinned)) return pinned;
      if (!this.#hasAsked && group.mayFindOut(sid)) {
        this.#hasAsked = true;
        return group.findOut(sid);
      }
    }
    return upstream.pick({
      clientAddress: this.#clientAddress,
      opens: sessionOpened(this.#engine, this.#head),
      tried: this.tried,
      facts: this.#facts,
    });
  }
}
