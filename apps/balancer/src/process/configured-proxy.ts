import { type Configuration, ConfError, http, proxyOptions, type Surroundings } from '@pinwheel/nginx-conf';
import {
  createProxy,
  type GivenProxyOptions,
  OptionError,
  type Proxy,
  type ProxyHistory,
  type ProxyStatus,
} from '@pinwheel/proxy';
import { isSystemError } from '@pinwheel/cli';
import { bindFailure } from './bind-failure.js';

type Log = NonNullable<GivenProxyOptions['log']>;

/** A timer's longest delay, for a grace without a limit: 24 days. */
const NO_LIMIT = 2_147_483_647;

/**
 * What the proxy does for a configuration.
 *
 * @throws ConfError for what it cannot do
 */
export function optionsOf(configuration: Configuration, around: Surroundings, log: Log): GivenProxyOptions {
  // nginx runs without an http block, and then listens nowhere.
  if (!configuration.main.has(http.http)) return { listeners: [], upstreams: [], log };
  return { ...proxyOptions(configuration, around), log };
}

/** The proxy of a process: none while its configuration has no listener. */
export class ConfiguredProxy {
  #proxy: Proxy | undefined;

  /**
   * Serves these options: binds what is new first, then takes them over, what is under way ends as it began. When that
   * is not possible nothing changes.
   *
   * @param limitMs milliseconds after which what is under way now is closed; undefined is no limit
   * @throws ConfError in nginx's words
   */
  async serve(options: GivenProxyOptions, limitMs?: number): Promise<void> {
    try {
      if (options.listeners.length === 0) {
        // What it held ends by itself.
        this.#proxy
          ?.close(Math.min(limitMs ?? NO_LIMIT, NO_LIMIT))
          .catch((error: unknown) => options.log?.('error', String(error)));
        this.#proxy = undefined;
      } else if (this.#proxy === undefined) {
        const proxy = createProxy(options);
        await proxy.listen();
        this.#proxy = proxy;
      } else {
        await this.#proxy.reload(options, limitMs === undefined ? undefined : Math.min(limitMs, NO_LIMIT));
      }
    } catch (error) {
      throw asConfError(error);
    }
  }

  /** See `Siblings`. */
  hearOfPeers(...told: Parameters<Proxy['hearOfPeers']>): void {
    this.#proxy?.hearOfPeers(...told);
  }

  /** See `Siblings`. */
  adoptTag(upstream: string, tag: string, peer: string): void {
    this.#proxy?.adoptTag(upstream, tag, peer);
  }

  /** Undefined while it listens nowhere. */
  status(): ProxyStatus | undefined {
    return this.#proxy?.status();
  }

  history(): ProxyHistory | undefined {
    return this.#proxy?.history();
  }

  /**
   * Accepts no more and ends.
   *
   * @param graceMs milliseconds for what is under way; undefined is no limit
   */
  async close(graceMs: number | undefined): Promise<void> {
    await this.#proxy?.close(Math.min(graceMs ?? NO_LIMIT, NO_LIMIT));
  }
}

/**
 * Looks whether the proxy would take these options, without binding anything.
 *
 * @throws ConfError when it would not
 */
export function checkOptions(options: GivenProxyOptions): void {
  if (options.listeners.length === 0) return;
  try {
    createProxy(options);
  } catch (error) {
    throw asConfError(error);
  }
}

/** An error that the configuration is to blame for as one of it; any other as it is. */
function asConfError(error: unknown): unknown {
  if (error instanceof OptionError) return new ConfError(error.message);
  const message = bindFailure(error);
  if (message !== undefined) return new ConfError(message);
  // A certificate, key or cipher list that OpenSSL does not take.
  const isTls = isSystemError(error) && /^ERR_(?:OSSL|TLS|SSL|CRYPTO)_/.test(error.code ?? '');
  return isTls ? new ConfError(error.message) : error;
}
