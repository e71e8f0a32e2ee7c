/** What a `$ssl_*` variable shows of a TLS session, named after the variable without its `ssl_`. */
export type TlsFact =
  | 'protocol'
  | 'cipher'
  | 'server_name'
  | 'session_reused'
  | 'alpn_protocol'
  | 'early_data'
  | 'client_verify'
  | 'client_serial'
  | 'client_fingerprint'
  | 'client_s_dn'
  | 'client_i_dn'
  | 'client_v_start'
  | 'client_v_end'
  | 'client_v_remain'
  | 'client_cert'
  | 'client_raw_cert'
  | 'client_escaped_cert';

/** One attempt to forward a request to a peer. Times are milliseconds since its beginning; absent when it did not get so far. */
export interface UpstreamAttempt {
  /** `address:port` or `unix:/path`; the upstream's name when it had no usable peer. */
  readonly addr: string;
  /** HTTP status of the peer's response; 0 before there is one. */
  readonly status: number;
  readonly connectTime?: number | undefined;
  readonly headerTime?: number | undefined;
  readonly responseTime?: number | undefined;
  /** Bytes of the response body. */
  readonly responseLength: number;
  /** Bytes on the wire, heads included. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** The first attempt after an internal redirect to another upstream (`error_page`), which nginx separates by ` : `. */
  readonly afterRedirect?: boolean;
}

/** The addresses of a PROXY protocol header. */
export interface ProxyProtocolFacts {
  readonly addr: string;
  readonly port: number;
  readonly serverAddr: string;
  readonly serverPort: number;
}

/**
 * The facts of a request that compiled values, maps and log formats can use. The proxy implements it; a getter is called
 * only when a configuration uses its variable, at any time, also before there is a response. Strings are byte strings;
 * undefined is nginx's "not found": '' in a value, `-` in a log line.
 */
export interface Facts {
  /** Milliseconds since the epoch. */
  now(): number;
  readonly pid: number;
  readonly hostname: string;

  /** The client's address, after `real_ip_header`; `unix:` for a Unix socket. */
  readonly remoteAddr: string;
  /** Undefined for a Unix socket. */
  readonly remotePort: number | undefined;
  /** Remote address and port of the connection, whatever `real_ip_header` says. */
  readonly realipRemoteAddr: string;
  readonly realipRemotePort: number | undefined;
  readonly serverAddr: string;
  readonly serverPort: number | undefined;
  /** Serial number of the client connection. */
  readonly connection: number;
  /** Requests on the connection so far, this one included. */
  readonly connectionRequests: number;
  /** Milliseconds since the epoch when the connection was accepted. */
  readonly connectionStart: number;
  /** Only on listeners with `proxy_protocol`. */
  readonly proxyProtocol: ProxyProtocolFacts | undefined;
  readonly scheme: 'http' | 'https';
  /** Undefined without TLS, and when the session does not have the fact. */
  tls(fact: TlsFact): string | undefined;

  /** The request line as it came, without its line end; undefined when none could be read. */
  readonly requestLine: string | undefined;
  readonly requestMethod: string | undefined;
  /** The target as it came, with arguments. */
  readonly requestUri: string | undefined;
  /** The decoded and normalised path. */
  readonly uri: string;
  /** The query string; undefined without `?`. */
  readonly args: string | undefined;
  /** `HTTP/1.1`; undefined when no request line could be read. */
  readonly serverProtocol: string | undefined;
  /** Host of the request line, else of the Host field, else the server's first name; lower case, without port. */
  readonly host: string;
  /** The first name of the server that handles the request. */
  readonly serverName: string;
  /**
   * @param name lower case; `-` stands for `_` too, as `$http_x_a` may mean `x-a` or `x_a`
   * @returns several fields of a name joined by `, `, those of `cookie` by `; `
   */
  requestHeader(name: string): string | undefined;
  /** 32 hexadecimal digits, the same at every call. */
  readonly requestId: string;
  /** Milliseconds since the epoch when the first byte of the request was read. */
  readonly requestStart: number;
  /** Bytes of request line, head and body read. */
  readonly requestLength: number;
  /** The request came in the same read as the end of the request before. */
  readonly pipelined: boolean;
  /** The whole response has been sent. */
  readonly completed: boolean;

  /** The body, if it was read whole before it was forwarded and is short enough to keep; undefined otherwise. */
  readonly requestBody: string | undefined;

  /** Status sent to the client; 0 before there is one. */
  readonly status: number;
  /** Bytes sent to the client, those of a tunnel included. */
  readonly bytesSent: number;
  /** `bytesSent` without the head. */
  readonly bodyBytesSent: number;
  /** A field of the response as it was sent, several joined by `, `. @param name lower case with `-` */
  responseHeader(name: string): string | undefined;

  /** Name and port in `proxy_pass`; undefined without it. */
  readonly proxyHost: string | undefined;
  readonly proxyPort: string | undefined;
  /** The folder of the location's files (`root`). */
  readonly documentRoot: string;
  /** The path of `uri` in the file system. */
  readonly requestFilename: string;
  /** `documentRoot` without symbolic links; undefined when there is no such folder. */
  readonly realpathRoot: string | undefined;
  /** The counts of the proxy's client connections. */
  connectionCounts(): ConnectionCounts;

  /** The attempts to forward the request, in order. */
  readonly upstreamAttempts: readonly UpstreamAttempt[];
  /** A field of the peer's response, several joined by `, `. @param name lower case with `-` */
  upstreamHeader(name: string): string | undefined;
  /** The `Set-Cookie` fields of the peer's response. */
  readonly upstreamSetCookies: readonly string[];

  /** Group `n` (1 to 9) of the last regular expression that matched; undefined when there is none. */
  capture(n: number): string | undefined;
  /** A regular expression has matched: from now on `$1` is `groups[1]`, and so on. */
  setCaptures(groups: readonly (string | undefined)[]): void;
  /** Slot `index` (from 0, below `Variables.slots`) of the request's own variables; undefined until it is set. */
  variable(index: number): string | undefined;
  setVariable(index: number, value: string): void;
}

/** The counts of the proxy's client connections (nginx: `stub_status`). */
export interface ConnectionCounts {
  /** Since the start. Connections that were closed at once for lack of resources count in `accepted`, not in `handled`. */
  readonly accepted: number;
  readonly handled: number;
  readonly requests: number;
  /** Open now: `reading` a request head, `writing` from then until the response ends, `waiting` for a request. */
  readonly active: number;
  readonly reading: number;
  readonly writing: number;
  readonly waiting: number;
}
