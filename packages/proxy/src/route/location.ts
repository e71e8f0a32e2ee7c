import type { Socket } from 'node:net';
import { addedLines } from './added-fields.js';
import { requireCertificate } from '../tls/client-certificate.js';
import type { ConnectionOptions } from '../options/client.js';
import { connectionDefaults } from '../options/client.js';
import type { Facts } from '../facts.js';
import { hostName } from '../http1/target.js';
import { encodePath } from '../http1/target.js';
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

/** Timeouts towards a peer; see `TimeoutOptions`. */
export interface PeerTimeouts {
  readonly connect: number;
  readonly read: number;
  readonly upstreamSend: number;
}

/** A configured field of the request to a peer, with its name in lower case beside it. */
export interface ConfiguredField extends FieldOptions {
  readonly lower: string;
}

/** Where a request turns to that got an error. */
export type ErrorPage = ErrorPageOptions;

/** The server of a location: what it is called, and where its requests may turn to. */
export interface Locator {
  readonly name: string;
  readonly named: ReadonlyMap<string, Location>;
  /** Run before a location is chosen. */
  readonly prepare: ((facts: Facts) => void) | undefined;
  /** For requests that fit no location. */
  readonly otherwise: Location | undefined;
  locate(path: string, facts: () => Facts): Location | undefined;
}

/** A location at work: what becomes of a request that it fits. */
export class Location {
  readonly options: LocationOptions;
  /** Undefined where the answer is the balancer's own. */
  readonly group: UpstreamGroup | undefined;
  readonly reply: ReplyOptions | undefined;
  /** Undefined: the forwarding fields that are always sent (`forwarded-head.ts`). */
  readonly fields: readonly ConfiguredField[] | undefined;
  /** The fields for a peer are the same for all requests of a connection that have the same fields. */
  readonly steadyFields: boolean;
  /** Of HTTP, that peers are spoken to in. */
  readonly peerVersion: '1.0' | '1.1';
  /** Undefined: as without an nginx.conf. */
  readonly pass: Pass | undefined;
  /** Somebody may ask what attempts a request made. */
  readonly keepsAttempts: boolean;
  readonly timeouts: PeerTimeouts;
  /** Bytes of a request body; 0 is no limit. */
  readonly bodyLimit: number;
  /** Undefined: what the listener says of the client's address counts. */
  readonly realIps: readonly RealIp[] | undefined;
  /** What the connection of its clients goes by. */
  readonly connection: ConnectionOptions;
  /** Beside `Connection: keep-alive`. */
  readonly keepAliveLine: string;
  readonly onEnd: ((facts: Facts) => void) | undefined;
  /** Where its errors are told, when not where the others are. */
  readonly log: LocationOptions['log'];
  /** Throws the ProxyError for a client whose certificate does not do for a request with that Host. */
  readonly admit: ((socket: Socket, host: string) => void) | undefined;

  /** Run before the request is answered (nginx: `set`). */
  readonly prepare: ((facts: Facts) => void) | undefined;
  /** How clients are sent to a path. */
  readonly redirects: RedirectOptions;
  readonly #errorPages: ReadonlyMap<number, ErrorPage>;

  constructor(
    options: LocationOptions,
    group: UpstreamGroup | undefined,
    timeouts: TimeoutOptions,
    limits: LimitOptions,
    readonly server: Locator,
    { verifyClient }: Pick<ServerOptions, 'verifyClient'>,
    /** Chooses the group for each request where it is not always the same. */
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
      // The first that names a status is the one.
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

  /** What of a path is looked for below the root. */
  belowRoot(path: string): string {
    const { aliased } = this.options;
    return aliased === 0 ? path : path.slice(aliased);
  }

  errorPageFor(status: number): ErrorPage | undefined {
    return this.#errorPages.get(status);
  }

  /** Lines that the configuration adds to an answer of that status. */
  addedTo(status: number, facts: () => Facts): string {
    const { addedFields } = this.options;
    return addedFields === undefined ? '' : addedLines(addedFields, status, facts);
  }

  /** The target for the peer: with a `uri`, that takes the place of the part that the location's path matched. */
  targetFor(target: string, path: string): string {
    const { uri } = this.options;
    if (uri === undefined) return target;
    const query = target.indexOf('?');
    const args = query < 0 || query === target.length - 1 ? '' : target.slice(query);
    const rest = path.slice(this.options.path.length);
    // As in nginx, what came without escapes goes on without.
    return uri + (target.lastIndexOf('%', query < 0 ? target.length : query) < 0 ? rest : encodePath(rest)) + args;
  }
}
