import type { Field } from './schema.js';
import { callback, flag, integer, list, maybe, milliseconds, object, oneOf, optional, text } from './schema.js';

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/**
 * Whether a client has to show a certificate (nginx: `ssl_verify_client`): `optional` takes none or a good one,
 * `optional_no_ca` also one that nobody known has signed.
 */
export type VerifyClient = 'off' | 'on' | 'optional' | 'optional_no_ca';

/** What one server offers in a handshake. */
export interface TlsServerOptions {
  /** PEM certificate chain; a list for several kinds of keys, such as RSA and ECDSA. Empty: every handshake is refused. */
  readonly cert: string | readonly string[];
  /** PEM private key; a list in the order of `cert`. */
  readonly key: string | readonly string[];
  /** Tried one after another on keys that are encrypted. Default none. */
  readonly passphrases?: readonly string[] | undefined;
  /** Default TLSv1.2 and TLSv1.3. */
  readonly protocols?: readonly TlsVersion[] | undefined;
  /** A list in OpenSSL's form, for versions before 1.3. Default `HIGH:!aNULL:!MD5`. */
  readonly ciphers?: string | undefined;
  /** Whose order of ciphers counts: the server's or the client's (default). */
  readonly preferServerCiphers?: boolean | undefined;
  /** PEM parameters of DHE key exchange; without them there is none. */
  readonly dhparam?: string | undefined;
  /** Seconds in which a session may be resumed. Default 300. */
  readonly sessionTimeout?: number | undefined;
  /** Sessions are resumed from tickets. Default true. */
  readonly sessionTickets?: boolean | undefined;
  /**
   * Sessions kept for clients that resume by id (TLS 1.2), the least recently used forgotten first. With any, clients of
   * TLS 1.3 resume even without `sessionTickets`. Default 0.
   */
  readonly sessionCache?: number | undefined;
  /** Sessions of a cache with a name, and the key of their tickets, outlive a reload. Default none. */
  readonly sessionCacheName?: string | undefined;
  /** Default `off`. */
  readonly verifyClient?: VerifyClient | undefined;
  /** Certificates between a client's and the one it is trusted for, at most. Default 1. */
  readonly verifyDepth?: number | undefined;
  /** PEM certificates that those of clients are verified against, and whose names clients are told. */
  readonly clientCa?: string | undefined;
}

/** The server for some names (SNI). */
export interface NamedTls {
  /** As `ServerOptions.names`. */
  readonly names: readonly string[];
  readonly expressions?: readonly ((name: string) => boolean)[] | undefined;
  readonly tls: TlsServerOptions;
}

/** TLS of a listener: its default server, and others by name. */
export interface TlsOptions extends TlsServerOptions {
  readonly named?: readonly NamedTls[] | undefined;
  /** Milliseconds for a handshake. Default 60,000. */
  readonly handshakeTimeout?: number | undefined;
}

/** TLS towards the peers of an upstream. */
export interface UpstreamTlsOptions {
  /** Name that the certificate is verified for, and sent as SNI when `sendName` is. */
  readonly name: string;
  /** Default false. */
  readonly sendName: boolean;
  /** Whether the peer has to show a certificate for `name` that one of `ca` stands behind. Default false. */
  readonly verify: boolean;
  /** Certificates between the peer's and that of `ca` at most. Default 1. */
  readonly verifyDepth: number;
  readonly ca?: string | undefined;
  /** PEM lists of certificates that those of `ca` have taken back: there has to be one of each. Default none. */
  readonly crl?: string | undefined;
  /** Default TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3. */
  readonly protocols: readonly TlsVersion[];
  /** Default `DEFAULT`. */
  readonly ciphers: string;
  /** Certificate and key shown to the peer. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly passphrases?: readonly string[] | undefined;
  /** Default true. */
  readonly sessionReuse: boolean;
  /** What `$proxy_host` shows; the upstream's name when absent. */
  readonly host?: string | undefined;
}

export const verifyClient = oneOf('off', 'on', 'optional', 'optional_no_ca');
const pem = text('PEM text', /BEGIN/);
const versions = list(oneOf('TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'), 1);
const texts = list(text('a text', /^[^]*$/));
const ciphers = text('a list of ciphers', /./);

const oneOrMore: Field<string | readonly string[]> = (value, path) =>
  Array.isArray(value) ? list(pem)(value, path) : pem(value, path);

const serverFields = {
  cert: oneOrMore,
  key: oneOrMore,
  passphrases: maybe(texts),
  protocols: maybe(versions),
  ciphers: maybe(ciphers),
  preferServerCiphers: maybe(flag),
  dhparam: maybe(pem),
  sessionTimeout: maybe(integer(1, 2_147_483_647, 'seconds')),
  sessionTickets: maybe(flag),
  sessionCache: maybe(integer(0)),
  sessionCacheName: maybe(text('a name', /./)),
  verifyClient: maybe(verifyClient),
  verifyDepth: maybe(integer(0)),
  clientCa: maybe(pem),
};

export const listenerTls = object<TlsOptions>({
  ...serverFields,
  named: maybe(
    list(
      object<NamedTls>({
        names: list(text('a host name in lower case', /^[^\sA-Z]*$/)),
        expressions: maybe(list((given, path) => callback(given, path) as (name: string) => boolean)),
        tls: object<TlsServerOptions>(serverFields),
      }),
    ),
  ),
  handshakeTimeout: maybe(milliseconds),
});

export const upstreamTls = object<UpstreamTlsOptions>({
  name: text('a name', /^\S+$/),
  sendName: optional(flag, false),
  verify: optional(flag, false),
  verifyDepth: optional(integer(0), 1),
  ca: maybe(pem),
  crl: maybe(pem),
  protocols: optional(versions, ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']),
  ciphers: optional(ciphers, 'DEFAULT'),
  cert: maybe(pem),
  key: maybe(pem),
  passphrases: maybe(texts),
  sessionReuse: optional(flag, true),
  host: maybe(text('a name', /^\S+$/)),
});
