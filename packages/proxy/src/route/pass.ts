import type { Facts } from '../facts.js';
import { OWN_RESPONSE_FIELDS } from '../http1/field-name.js';
import type { RedirectOptions } from '../options/location.js';
import type { PassOptions } from '../options/pass.js';
import type { Via } from '../upstream/link/link.js';
import { RetryRule } from './retry.js';
import { valueOf } from '../options/value.js';

/** How a location forwards requests, prepared from its `pass` options. */
export class Pass {
  readonly options: PassOptions;
  readonly retry: RetryRule;
  readonly hidden: ReadonlySet<string>;
  /** Fields besides those of `FieldKind.ownResponse` are hidden, so that every name has to be looked up. */
  readonly hidesMore: boolean;
  readonly #local: boolean;

  constructor(
    options: PassOptions,
    /** How a redirect of the peer to a path becomes a URL. */
    readonly redirects: RedirectOptions,
  ) {
    this.options = options;
    this.retry = new RetryRule(options.retry);
    this.hidden = new Set(options.hidden);
    this.hidesMore = options.hidden.some((name) => !OWN_RESPONSE_FIELDS.includes(name));
    this.#local = options.bind !== undefined || options.tlsName !== undefined;
  }

  /** The settings that the connection for this request needs; undefined when any connection will do. */
  via(facts: () => Facts): Via | undefined {
    if (!this.#local) return undefined;
    const { bind = '', tlsName } = this.options;
    const from = valueOf(bind, facts);
    const name = tlsName === undefined ? undefined : valueOf(tlsName, facts);
    return { key: `${from} ${name ?? ''}`, ...localOf(from), tlsName: name };
  }
}

/** Parses `address`, `address:port` or `[address]:port`; as in nginx, the system chooses the address for other texts. */
function localOf(from: string): Pick<Via, 'localAddress' | 'localPort'> {
  const [, four, six, bare, port] =
    /^(?:(\d+\.\d+\.\d+\.\d+)|\[([0-9A-Fa-f:.]+)\]|([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*))(?::(\d{1,5}))?$/.exec(
      from,
    ) ?? [];
  const localAddress = four ?? six ?? bare;
  if (localAddress === undefined) return {};
  return port === undefined ? { localAddress } : { localAddress, localPort: Number(port) };
}
