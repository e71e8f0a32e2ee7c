import { flatText } from '../http1/recent-heads.js';
import type { Memo } from '../http1/recent-heads.js';
import type { BodyFraming } from '../http1/body.js';
import type { Location } from '../route/location.js';

/**
 * Heads that leave as they left before. The requests of a polling session differ in their first line only, and so do their
 * answers: what is composed of the same bytes under the same conditions is composed once. Without this a polling request takes
 * 25 % more CPU time (`npm run bench -- --scenario polling --variant "32 sessions"`).
 */

/** What the field lines of a request become for a peer, and the whole head of the request that came last. */
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
   * @param memo that of the field lines, see `RequestHead.memo`
   * @param location one with `steadyFields`
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

/** What the head of a response becomes for a client. */
export class ResponseCache {
  readonly #location: Location;
  readonly #keepAlive: boolean;
  readonly #framing: BodyFraming;
  /** The `Date` it was composed with. */
  readonly #date: string;
  #text: string;
  /** It is used again: then it is worth putting into one piece. */
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
