/** The part of a TLS session that `$ssl_*` variables show, named as they are without the `ssl_`. */
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

/** One try to answer a request from an upstream peer. Times are milliseconds since the try began; absent: not reached. */
export interface UpstreamAttempt {
  /** `address:port` or `unix:/path`; the upstream's name when it had no usable peer. */
  readonly addr: string;
  /** HTTP status of the answer; 0 while there is none. */
  readonly status: number;
  readonly connectTime?: number | undefined;
  readonly headerTime?: number | undefined;
  readonly responseTime?: number | undefined;
  /** Bytes of the response body. */
  readonly responseLength: number;
  /** Bytes on the wire, heads included. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** The first try after an internal redirect to another group of servers (`error_page`): written after ` : `. */
  readonly afterRedirect?: boolean;
}

/** What the PROXY protocol header said. */
export interface ProxyProtocolFacts {
  readonly addr: string;
  readonly port: number;
  readonly serverAddr: string;
  readonly serverPort: number;
}

/**
 * What a request knows of itself: all that compiled values, maps and log formats ask for. The proxy implements it; a
 * getter is called only when a configuration uses its variable. Strings are byte strings; undefined is nginx's "not
 * found": empty in a value, `-` in a log line. Getters may be asked at any time, also before there is an answer.
 */
export interface Facts {
  /** Milliseconds since the epoch. */
  now(): number;
  readonly pid: number;
  readonly hostname: string;

  /** The client's address, after `real_ip_header`; `unix:` for a unix socket. */
  readonly remoteAddr: string;
  /** Absent for a unix socket. */
  readonly remotePort: number | undefined;
  /** The client's address and port as the socket has them. */
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
  /** Undefined without TLS, and for what the session does not have. */
  tls(fact: TlsFact): string | undefined;

  /** The request line as it came, without its line end; undefined when none could be read. */
  readonly requestLine: string | undefined;
  readonly requestMethod: string | undefined;
  /** The target as it came, with arguments. */
  readonly requestUri: string | undefined;
  /** The decoded and normalised path. */
  readonly uri: string;
  /** What follows `?`; undefined when nothing does. */
  readonly args: string | undefined;
  /** `HTTP/1.1`; undefined when no request line could be read. */
  readonly serverProtocol: string | undefined;
  /** Host of the request line, else of the Host field, else the server's first name; lower case, without port. */
  readonly host: string;
  /** The first name of the server that has the request. */
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
  /** The request came in one read with the end of the one before. */
  readonly pipelined: boolean;
  /** The whole answer has been sent. */
  readonly completed: boolean;

  /** The body, where all of it was read before it was passed on and is short enough; undefined otherwise. */
  readonly requestBody: string | undefined;

  /** Status sent to the client; 0 before there is one. */
  readonly status: number;
  /** Bytes sent to the client, for a tunnel those of the tunnel too. */
  readonly bytesSent: number;
  /** `bytesSent` without the head. */
  readonly bodyBytesSent: number;
  /** A field of the answer as sent; name in lower case with `-`, several joined by `, `. */
  responseHeader(name: string): string | undefined;

  /** Name and port of `proxy_pass`; undefined where there is none. */
  readonly proxyHost: string | undefined;
  readonly proxyPort: string | undefined;
  /** The folder of the location's files (`root`). */
  readonly documentRoot: string;
  /** What `uri` is in the file system. */
  readonly requestFilename: string;
  /** `documentRoot` without symbolic links; undefined when there is no such folder. */
  readonly realpathRoot: string | undefined;
  /** What the proxy counts of its connections. */
  connectionCounts(): ConnectionCounts;

  /** In the order they were made. */
  readonly upstreamAttempts: readonly UpstreamAttempt[];
  /** A field of the upstream's answer; name in lower case with `-`, several joined by `, `. */
  upstreamHeader(name: string): string | undefined;
  /** The `Set-Cookie` fields of the upstream's answer. */
  readonly upstreamSetCookies: readonly string[];

  /** Group `n` (1 to 9) of the last regular expression that matched; undefined when there is none. */
  capture(n: number): string | undefined;
  /** A regular expression has matched: `groups[1]` and on are `$1` and on from now on. */
  setCaptures(groups: readonly (string | undefined)[]): void;
  /** Slot `index` (from 0, below `Variables.slots`) of the request's own variables; undefined until it is set. */
  variable(index: number): string | undefined;
  setVariable(index: number, value: string): void;
}

/** What the proxy counts of its client connections (nginx: `stub_status`). */
export interface ConnectionCounts {
  /** Since the start. `handled` is less than `accepted` by those that were closed at once for want of room. */
  readonly accepted: number;
  readonly handled: number;
  readonly requests: number;
  /** Open now: `reading` a request head, `writing` from then on to the end of the answer, `waiting` for a request. */
  readonly active: number;
  readonly reading: number;
  readonly writing: number;
  readonly waiting: number;
}
