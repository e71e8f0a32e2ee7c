import { ConfError } from '@pinwheel/nginx-conf';
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

/** The longest delay of a timer, 24 days, in place of no limit. */
const NO_LIMIT = 2_147_483_647;

/** The proxy of a process. It does not exist while the configuration has no listener. */
export class ConfiguredProxy {
  #proxy: Proxy | undefined;

  /**
   * Serves these options: binds new listeners, then applies the options. Requests and tunnels that are open end as they
   * began. When a listener cannot be bound nothing changes.
   *
   * @param limitMs milliseconds after which requests and tunnels that are open now are closed; undefined is no limit
   * @throws ConfError in nginx's words
   */
  async serve(options: GivenProxyOptions, limitMs?: number): Promise<void> {
    try {
      if (options.listeners.length === 0) {
        // Its requests and tunnels end on their own.
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
  hearOfPeers(...news: Parameters<Proxy['hearOfPeers']>): void {
    this.#proxy?.hearOfPeers(...news);
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
   * Stops accepting and closes.
   *
   * @param graceMs milliseconds for requests and tunnels that are open; undefined is no limit
   */
  async close(graceMs: number | undefined): Promise<void> {
    await this.#proxy?.close(Math.min(graceMs ?? NO_LIMIT, NO_LIMIT));
  }
}

/**
 * Checks that the proxy accepts these options. Binds nothing.
 *
 * @throws ConfError when it does not
 */
export function checkOptions(options: GivenProxyOptions): void {
  if (options.listeners.length === 0) return;
  try {
    createProxy(options);
  } catch (error) {
    throw asConfError(error);
  }
}

/** An error that the configuration causes becomes a ConfError; any other error stays as it is. */
function asConfError(error: unknown): unknown {
  if (error instanceof OptionError) return new ConfError(error.message);
  const message = bindFailure(error);
  if (message !== undefined) return new ConfError(message);
  // A certificate, key or cipher list that OpenSSL refuses.
  const isTls = isSystemError(error) && /^ERR_(?:OSSL|TLS|SSL|CRYPTO)_/.test(error.code ?? '');
  return isTls ? new ConfError(error.message) : error;
}
