import type { Socket } from 'node:net';
import { addedLines } from './added-fields.js';
import { requireCertificate } from '../tls/client-certificate.js';
import type { ConnectionOptions } from '../options/client.js';
import { connectionDefaults } from '../options/client.js';
import type { Facts } from '../facts.js';
import { encodePath, hostName } from '../http1/target.js';
import type {
  ErrorPageOptions,
  FieldOptions,
  LimitOptions,
  LocationOptions,
  RedirectOptions,
  ReplyOptions,
  ServerOptions,
  TimeoutOptions,
} from '../options/proxy.js';
import { valueOf } from '../options/value.js';
import { Pass } from './pass.js';
import type { PassTargets } from '../upstream/by-url.js';
import { RealIp } from '../origin/real-ip.js';
import type { UpstreamGroup } from '../upstream/upstream-group.js';

/** Timeouts for connections to a peer, in milliseconds; see `TimeoutOptions`. */
export interface PeerTimeouts {
  readonly connect: number;
  readonly read: number;
  readonly upstreamSend: number;
}

/** A configured field of the request to a peer, and its name in lower case. */
export interface ConfiguredField extends FieldOptions {
  readonly lower: string;
}

/** What answers a request that has ended in an error (nginx: `error_page`). */
export type ErrorPage = ErrorPageOptions;

/** The server of a location: its name, and the locations that its requests may be redirected to. */
export interface Locator {
  readonly name: string;
  readonly named: ReadonlyMap<string, Location>;
  /** Called before a location is chosen. */
  readonly prepare: ((facts: Facts) => void) | undefined;
  /** The location of requests that match no other. */
  readonly otherwise: Location | undefined;
  locate(path: string, facts: () => Facts): Location | undefined;
}

/** A location in service: how its requests are answered. */
export class Location {
  readonly options: LocationOptions;
  /** The upstream that requests are forwarded to; undefined when the balancer answers, or when `targets` choose it. */
  readonly group: UpstreamGroup | undefined;
  readonly reply: ReplyOptions | undefined;
  /** Configured fields of the request to a peer; undefined: the default forwarding fields (`forward/heads.ts`). */
  readonly fields: readonly ConfiguredField[] | undefined;
  /** Requests of one connection with equal fields get equal fields for the peer, so that they can be cached. */
  readonly steadyFields: boolean;
  /** HTTP version of requests to peers. */
  readonly peerVersion: '1.0' | '1.1';
  /** How nginx would forward; undefined without `pass`: bodies stream and the peer's fields pass. */
  readonly pass: Pass | undefined;
  /** The attempts of a request are recorded, because a log or a variable may read them. */
  readonly keepsAttempts: boolean;
  readonly timeouts: PeerTimeouts;
  /** Limit of a request body in bytes; 0: no limit. */
  readonly bodyLimit: number;
  /** How the client's address is found; undefined: as the listener found it. */
  readonly realIps: readonly RealIp[] | undefined;
  /** Timeouts and limits of the client's connection. */
  readonly connection: ConnectionOptions;
  /** The `Keep-Alive` line that accompanies `Connection: keep-alive`; '' for none. */
  readonly keepAliveLine: string;
  readonly onEnd: ((facts: Facts) => void) | undefined;
  /** The location's own error log; undefined: the proxy's. */
  readonly log: LocationOptions['log'];
  /** Throws a ProxyError when the client's certificate does not allow a request with that Host. */
  readonly admit: ((socket: Socket, host: string) => void) | undefined;

  /** Called before the request is answered (nginx: `set`). */
  readonly prepare: ((facts: Facts) => void) | undefined;
  /** How a redirect to a path becomes a URL. */
  readonly redirects: RedirectOptions;
  readonly #errorPages: ReadonlyMap<number, ErrorPage>;

  constructor(
    options: LocationOptions,
    group: UpstreamGroup | undefined,
    timeouts: TimeoutOptions,
    limits: LimitOptions,
    readonly server: Locator,
    { verifyClient }: Pick<ServerOptions, 'verifyClient'>,
    /** Chooses the upstream of each request when `proxy_pass` has variables. */
    readonly targets?: PassTargets,
  ) {
    this.options = options;
    this.group = group;
    this.reply = options.reply;
    this.redirects = options.redirects;
    this.pass = options.pass === undefined ? undefined : new Pass(options.pass, options.redirects);
    this.keepsAttempts = options.onEnd !== undefined || options.addedFields !== undefined || this.pass !== undefined;
    this.fields = options.fields?.map((field) => ({ ...field, lower: field.name.toLowerCase() }));
    this.steadyFields =
      targets === undefined && (this.fields?.every(({ value, steady }) => typeof value === 'string' || steady) ?? true);
    this.peerVersion = options.pass?.httpVersion ?? '1.1';
    this.timeouts = {
      connect: options.connectTimeout ?? timeouts.connect,
      read: options.readTimeout ?? timeouts.read,
      upstreamSend: options.sendTimeout ?? timeouts.upstreamSend,
    };
    this.bodyLimit = options.bodyLimit ?? limits.body;
    this.connection = options.connection ?? connectionDefaults(timeouts, limits);
    const { keepaliveHeader } = this.connection;
    this.keepAliveLine = keepaliveHeader === 0 ? '' : `Keep-Alive: timeout=${keepaliveHeader}\r\n`;
    this.realIps = options.realIp?.map((one) => new RealIp(one));
    this.onEnd = options.onEnd;
    this.log = options.log;
    this.prepare = options.prepare;
    const { errorPages } = options;
    this.#errorPages = new Map(
      // The first page that names a status wins.
      errorPages.toReversed().flatMap((page) => page.statuses.map((status) => [status, page])),
    );
    if (verifyClient !== 'off') {
      this.admit = (socket, host) => requireCertificate(socket, hostName(host), verifyClient);
    }
  }

  get serverName(): string {
    return this.server.name;
  }

  /** nginx: `root` or `alias`. */
  documentRoot(facts: () => Facts): string {
    const { root } = this.options;
    return root === undefined ? '' : valueOf(root, facts);
  }

  /** The part of a path that is looked up below the root. */
  belowRoot(path: string): string {
    const { aliased } = this.options;
    return aliased === 0 ? path : path.slice(aliased);
  }

  errorPageFor(status: number): ErrorPage | undefined {
    return this.#errorPages.get(status);
  }

  /** Field lines that the configuration adds to a response with that status. */
  addedTo(status: number, facts: () => Facts): string {
    const { addedFields } = this.options;
    return addedFields === undefined ? '' : addedLines(addedFields, status, facts);
  }

  /** The target for the peer: `uri`, if configured, replaces the part of the path that the location matched. */
  targetFor(target: string, path: string): string {
    const { uri } = this.options;
    if (uri === undefined) return target;
    const query = target.indexOf('?');
    const args = query < 0 || query === target.length - 1 ? '' : target.slice(query);
    const rest = path.slice(this.options.path.length);
    // As in nginx, a path without escapes is forwarded without escapes.
    return uri + (target.lastIndexOf('%', query < 0 ? target.length : query) < 0 ? rest : encodePath(rest)) + args;
  }
}
