import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Client } from './client.js';
import type { Facts, ProxyProtocolFacts, TlsFact, UpstreamAttempt } from './facts.js';
import type { Forward } from './forward.js';
import type { RequestHead } from './http1/request-head.js';
import { normalPath } from './normal-path.js';
import { hostName } from './host-name.js';
import { tlsFact } from './tls-facts.js';

const HOSTNAME = hostname();

/** What a request knows of itself, read off its connection when it is asked. Made only for requests that are asked. */
export class RequestFacts implements Facts {
  readonly pid = process.pid;
  readonly hostname = HOSTNAME;
  readonly pipelined = false;
  readonly completed = true;
  readonly #client: Client;
  readonly #head: RequestHead | undefined;
  #forward: Forward | undefined;
  #id: string | undefined;
  #captures: readonly (string | undefined)[] = [];
  #variables: (string | undefined)[] = [];

  constructor(client: Client, head: RequestHead | undefined, forward: Forward | undefined) {
    this.#client = client;
    this.#head = head;
    this.#forward = forward;
  }

  /** The request is forwarded by this. */
  forwardedBy(forward: Forward): void {
    this.#forward = forward;
  }

  now(): number {
    return Date.now();
  }

  get remoteAddr(): string {
    return this.#client.origin.clientAddress;
  }
  get remotePort(): number | undefined {
    return this.#client.origin.clientPort;
  }
  get proxyProtocol(): ProxyProtocolFacts | undefined {
    return this.#client.proxied;
  }
  get realipRemoteAddr(): string {
    return this.#client.socketAddress;
  }
  get realipRemotePort(): number | undefined {
    return this.#client.remotePort;
  }
  get serverAddr(): string {
    const { path } = this.#client.listener.options;
    return path === undefined ? (this.#client.wire.socket.localAddress ?? '') : `unix:${path}`;
  }
  get serverPort(): number | undefined {
    return this.#client.wire.socket.localPort;
  }
  get connection(): number {
    return this.#client.serial;
  }
  get connectionRequests(): number {
    return this.#client.requests;
  }
  get connectionStart(): number {
    return this.#client.acceptedAt;
  }
  get scheme(): 'http' | 'https' {
    return this.#client.tls ? 'https' : 'http';
  }
  tls(fact: TlsFact): string | undefined {
    return tlsFact(this.#client.wire.socket, fact);
  }

  get requestLine(): string | undefined {
    return this.#head?.line;
  }
  get requestMethod(): string | undefined {
    return this.#head?.method;
  }
  get requestUri(): string | undefined {
    return this.#head?.target;
  }
  get uri(): string {
    return this.#head === undefined ? '' : normalPath(this.#head.target);
  }
  get args(): string | undefined {
    const target = this.#head?.target ?? '';
    const query = target.indexOf('?');
    return query < 0 ? undefined : target.slice(query + 1);
  }
  get serverProtocol(): string | undefined {
    return this.#head === undefined ? undefined : `HTTP/1.${this.#head.minor}`;
  }
  get host(): string {
    const host = hostName(this.#head?.host ?? '');
    return host === '' ? this.serverName : host;
  }
  get serverName(): string {
    return this.#client.serverName;
  }
  requestHeader(name: string): string | undefined {
    if (this.#head === undefined) return undefined;
    if (!name.includes('-')) return this.#head.joined(name, name === 'cookie' ? '; ' : ', ');
    return this.#head.joined(name) ?? this.#head.joined(name.replaceAll('-', '_'));
  }
  get requestId(): string {
    this.#id ??= randomBytes(16).toString('hex');
    return this.#id;
  }
  get requestStart(): number {
    return Date.now() - (performance.now() - this.#client.requestStart);
  }
  get requestLength(): number {
    return (this.#head?.length ?? 0) + this.#client.bodyReceived;
  }

  get status(): number {
    return this.#client.status;
  }
  get bytesSent(): number {
    return this.#client.wire.bytesWritten - this.#client.writtenBefore;
  }
  get bodyBytesSent(): number {
    return Math.max(0, this.bytesSent - this.#client.headLength);
  }
  responseHeader(name: string): string | undefined {
    return this.#forward?.response?.joined(name);
  }

  get proxyHost(): string | undefined {
    return this.#forward?.upstreamName;
  }
  get proxyPort(): string | undefined {
    return this.#forward?.defaultPort;
  }
  get upstreamAttempts(): readonly UpstreamAttempt[] {
    return this.#forward?.attempts.all ?? [];
  }
  upstreamHeader(name: string): string | undefined {
    return this.#forward?.response?.joined(name);
  }
  get upstreamSetCookies(): readonly string[] {
    const response = this.#forward?.response;
    return response?.values.filter((_, i) => response.keys[i]?.lower === 'set-cookie') ?? [];
  }

  capture(n: number): string | undefined {
    return this.#captures[n];
  }
  setCaptures(groups: readonly (string | undefined)[]): void {
    this.#captures = groups;
  }
  variable(index: number): string | undefined {
    return this.#variables[index];
  }
  setVariable(index: number, value: string): void {
    this.#variables[index] = value;
  }
}
