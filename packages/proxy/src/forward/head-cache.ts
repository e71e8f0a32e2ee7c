import { flatText } from '../http1/recent-heads.js';
import type { Memo } from '../http1/recent-heads.js';
import type { BodyFraming } from '../http1/body.js';
import type { Location } from '../route/location.js';

/**
 * Caches composed heads. The requests of a polling session differ only in their first line, and so do their responses: a
 * head that is composed from equal bytes under equal conditions is composed once. Without this cache a polling request takes
 * 25 % more CPU time (`npm run bench -- --scenario polling --variant "32 sessions"`).
 */

/** The field lines for a peer that belong to the field lines of a request, and the whole head of the last request. */
export class RequestCache {
  readonly #location: Location;
  readonly #identityOnly: boolean;
  #fields = '';
  #whole = '';
  #method = '';
  #target = '';

  private constructor(location: Location, identityOnly: boolean) {
    this.#location = location;
    this.#identityOnly = identityOnly;
  }

  /**
   * The cache of a request's field lines.
   *
   * @param memo see `RequestHead.memo`
   * @param location its `steadyFields` is true
   * @param identityOnly `Accept-Encoding` is left out
   */
  static of(memo: Memo, location: Location, identityOnly: boolean): RequestCache {
    const { kept } = memo;
    if (kept instanceof RequestCache && kept.#location === location && kept.#identityOnly === identityOnly) return kept;
    const fresh = new RequestCache(location, identityOnly);
    memo.kept = fresh;
    return fresh;
  }

  /** The field lines for the peer; '' before `keepFields`. */
  get fields(): string {
    return this.#fields;
  }

  keepFields(text: string): string {
    this.#fields = flatText(text);
    return this.#fields;
  }

  /** The head for the peer, when the last one was for the same method and target; '' otherwise. */
  head(method: string, target: string): string {
    return method === this.#method && target === this.#target ? this.#whole : '';
  }

  keepHead(method: string, target: string, text: string): string {
    this.#whole = flatText(text);
    this.#method = method;
    this.#target = target;
    return this.#whole;
  }
}

/** The head for a client that belongs to the head of a response. */
export class ResponseCache {
  readonly #location: Location;
  readonly #keepAlive: boolean;
  readonly #framing: BodyFraming;
  /** The `Date` it was composed with. */
  readonly #date: string;
  #text: string;
  /** The text has been flattened, at its second use; see `flatText`. */
  #isFlat = false;

  private constructor(location: Location, keepAlive: boolean, framing: BodyFraming, date: string, text: string) {
    this.#location = location;
    this.#keepAlive = keepAlive;
    this.#framing = framing;
    this.#date = date;
    this.#text = text;
  }

  /** The head for the client, when the last one was composed under the same conditions; '' otherwise. */
  static head(memo: Memo, location: Location, keepAlive: boolean, framing: BodyFraming, date: string): string {
    const { kept } = memo;
    if (!(kept instanceof ResponseCache) || kept.#location !== location || kept.#keepAlive !== keepAlive) return '';
    if (kept.#framing !== framing || kept.#date !== date) return '';
    if (!kept.#isFlat) {
      kept.#isFlat = true;
      kept.#text = flatText(kept.#text);
    }
    return kept.#text;
  }

  static keepHead(
    memo: Memo,
    location: Location,
    keepAlive: boolean,
    framing: BodyFraming,
    date: string,
    text: string,
  ): void {
    memo.kept = new ResponseCache(location, keepAlive, framing, date, text);
  }
}
