import type { Infer, Input } from './schema.js';
import { callback, field, flag, integer, list, maybe, milliseconds, object, oneOf, optional, text } from './schema.js';

/**
 * Whether a client has to show a certificate (nginx: `ssl_verify_client`): `optional` accepts none or a valid one,
 * `optional_no_ca` also one that is signed by an unknown authority.
 */
export const verifyClient = oneOf('off', 'on', 'optional', 'optional_no_ca');

const version = oneOf('TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3');
const versions = list(version, 1);
const pem = text('PEM text', /BEGIN/);
const pems = list(pem);
const texts = list(text('a text', /^[^]*$/));
const ciphers = text('a list of ciphers', /./);

const oneOrMore = field<string | readonly string[]>({ kind: 'PEM text, or a list of them' }, (value, path) =>
  Array.isArray(value) ? pems(value, path) : pem(value, path),
);

const serverFields = {
  /** PEM certificate chain; a list for several kinds of keys, such as RSA and ECDSA. An empty list refuses every handshake. @example readFileSync('fullchain.pem', 'utf8') */
  cert: oneOrMore,
  /** PEM private key; a list in the order of `cert`. @example readFileSync('key.pem', 'utf8') */
  key: oneOrMore,
  /** Tried one after another on keys that are encrypted. */
  passphrases: optional(texts, []),
  /** Versions that are offered (nginx: `ssl_protocols`). */
  protocols: optional(versions, ['TLSv1.2', 'TLSv1.3']),
  /** A list in OpenSSL's form, for versions before 1.3 (nginx: `ssl_ciphers`). */
  ciphers: optional(ciphers, 'HIGH:!aNULL:!MD5'),
  /** Uses the server's order of ciphers, not the client's (nginx: `ssl_prefer_server_ciphers`). */
  preferServerCiphers: optional(flag, false),
  /** PEM parameters of DHE key exchange; none is offered without them (nginx: `ssl_dhparam`). */
  dhparam: maybe(pem),
  /** In which a session may be resumed (nginx: `ssl_session_timeout`). */
  sessionTimeout: optional(integer(1, 2_147_483_647, 'seconds'), 300),
  /** Sessions are resumed from tickets (nginx: `ssl_session_tickets`). */
  sessionTickets: optional(flag, true),
  /**
   * Sessions kept for clients that resume by id (TLS 1.2); the least recently used is forgotten first. If not 0, clients of TLS
   * 1.3 resume even without `sessionTickets` (nginx: `ssl_session_cache`).
   */
  sessionCache: optional(integer(0), 0),
  /** Name of the cache: a named cache and the key of its tickets survive a reload. @example 'shared' */
  sessionCacheName: maybe(text('a name', /./)),
  /** Whether clients have to show a certificate (nginx: `ssl_verify_client`). */
  verifyClient: optional(verifyClient, 'off'),
  /** Most intermediates between a client's certificate and the trusted root (nginx: `ssl_verify_depth`). */
  verifyDepth: optional(integer(0), 1),
  /** PEM certificates of the authorities that may sign client certificates; their names are sent to clients. */
  clientCa: maybe(pem),
};

/** The TLS settings of one server. */
const server = object(serverFields);

/** Other servers of a listener, by the name that the client sends (SNI). */
const named = object({
  /** As `servers[].names`. @example ['chat.example.org'] */
  names: list(text('a host name in lower case', /^[^\sA-Z]*$/)),
  /** Tried after the names. */
  expressions: optional(list(callback<(name: string) => boolean>()), []),
  /** As the default server's. */
  tls: server,
});

/** TLS of a listener: its default server, and others by name. */
export const listenerTls = object({
  ...serverFields,
  /** Servers for other names. */
  named: optional(list(named), []),
  /** For a handshake. */
  handshakeTimeout: optional(milliseconds, 60_000),
});

/** TLS to the peers of an upstream. */
export const upstreamTls = object({
  /** Name that the certificate is verified for, and sent as SNI when `sendName` is (nginx: `proxy_ssl_name`). @example 'nodes.internal' */
  name: text('a name', /^\S+$/),
  /** nginx: `proxy_ssl_server_name`. */
  sendName: optional(flag, false),
  /** The peer has to show a certificate for `name` that is signed by one of `ca` (nginx: `proxy_ssl_verify`). */
  verify: optional(flag, false),
  /** Most intermediates between the peer's certificate and one of `ca`. */
  verifyDepth: optional(integer(0), 1),
  /** PEM certificates of the authorities that may sign peers' certificates. */
  ca: maybe(pem),
  /** PEM revocation lists: if given, each of `ca` needs one. */
  crl: maybe(pem),
  /** Versions that are offered. */
  protocols: optional(versions, ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']),
  /** A list in OpenSSL's form. */
  ciphers: optional(ciphers, 'DEFAULT'),
  /** PEM certificate shown to the peer. */
  cert: maybe(pem),
  /** PEM private key of `cert`. */
  key: maybe(pem),
  /** Tried one after another on a key that is encrypted. */
  passphrases: optional(texts, []),
  /** Sessions are resumed. */
  sessionReuse: optional(flag, true),
  /** What `$proxy_host` shows; the upstream's name when absent. @example 'nodes.internal' */
  host: maybe(text('a name', /^\S+$/)),
});

export type TlsVersion = Infer<typeof version>;
export type VerifyClient = Infer<typeof verifyClient>;
export type TlsServerOptions = Infer<typeof server>;
export type TlsOptions = Infer<typeof listenerTls>;
export type UpstreamTlsOptions = Infer<typeof upstreamTls>;
export type GivenNamedTls = Input<typeof named>;
export type GivenTls = Input<typeof listenerTls>;
