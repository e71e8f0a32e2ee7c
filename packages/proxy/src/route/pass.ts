import type { Facts } from '../facts.js';
import { OWN_RESPONSE_FIELDS } from '../http1/field-name.js';
import type { RedirectOptions } from '../options/location.js';
import type { PassOptions } from '../options/pass.js';
import type { Via } from '../upstream/link/via.js';
import { RetryRule } from './retry.js';
import { valueOf } from '../options/value.js';

/** How a location forwards, made ready. */
export class Pass {
  readonly options: PassOptions;
  readonly retry: RetryRule;
  readonly hidden: ReadonlySet<string>;
  /** Others than those of `FieldKind.ownResponse` are hidden too. */
  readonly hidesMore: boolean;
  readonly #local: boolean;

  constructor(
    options: PassOptions,
    /** How a path is told that a peer sends the client to. */
    readonly redirects: RedirectOptions,
  ) {
    this.options = options;
    this.retry = new RetryRule(options.retry);
    this.hidden = new Set(options.hidden);
    this.hidesMore = options.hidden.some((name) => !OWN_RESPONSE_FIELDS.includes(name));
    this.#local = options.bind !== undefined || options.tlsName !== undefined;
  }

  /** How this request's connection has to be made; undefined where any will do. */
  via(facts: () => Facts): Via | undefined {
    if (!this.#local) return undefined;
    const { bind = '', tlsName } = this.options;
    const from = valueOf(bind, facts);
    const name = tlsName === undefined ? undefined : valueOf(tlsName, facts);
    return { key: `${from} ${name ?? ''}`, ...localOf(from), tlsName: name };
  }
}

/** `address`, `address:port`, `[address]:port`; what is none is left to the system, as in nginx. */
function localOf(from: string): Pick<Via, 'localAddress' | 'localPort'> {
  const [, four, six, bare, port] =
    /^(?:(\d+\.\d+\.\d+\.\d+)|\[([0-9A-Fa-f:.]+)\]|([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*))(?::(\d{1,5}))?$/.exec(
      from,
    ) ?? [];
  const localAddress = four ?? six ?? bare;
  if (localAddress === undefined) return {};
  return port === undefined ? { localAddress } : { localAddress, localPort: Number(port) };
}
