import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Exchange } from './exchange.js';
import type { ConnectionCounts, Facts, ProxyProtocolFacts, TlsFact, UpstreamAttempt } from '../facts.js';
import { unmapped } from '../listen/listener.js';
import { hostName, normalPath } from '../http1/target.js';
import { tlsFact } from '../tls/facts.js';

const HOSTNAME = hostname();

/** The facts of a request, read from its exchange and connection at each call. Created only when a configuration uses them. */
export class RequestFacts implements Facts {
  readonly pid = process.pid;
  readonly hostname = HOSTNAME;
  readonly completed = true;
  readonly #exchange: Exchange;
  #id: string | undefined;
  #captures: readonly (string | undefined)[] = [];
  #variables: (string | undefined)[] = [];

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  now(): number {
    return Date.now();
  }

  get remoteAddr(): string {
    return this.#exchange.origin.clientAddress;
  }
  get remotePort(): number | undefined {
    return this.#exchange.origin.clientPort;
  }
  get proxyProtocol(): ProxyProtocolFacts | undefined {
    return this.#exchange.client.proxied;
  }
  get realipRemoteAddr(): string {
    return this.#exchange.client.socketAddress;
  }
  get realipRemotePort(): number | undefined {
    return this.#exchange.client.remotePort;
  }
  get serverAddr(): string {
    const { listener, wire } = this.#exchange.client;
    const { path } = listener.options;
    return path === undefined ? unmapped(wire.socket.localAddress ?? '') : `unix:${path}`;
  }
  get serverPort(): number | undefined {
    return this.#exchange.client.wire.socket.localPort;
  }
  get connection(): number {
    return this.#exchange.client.serial;
  }
  get connectionRequests(): number {
    return this.#exchange.client.requests;
  }
  get pipelined(): boolean {
    return this.#exchange.client.pipelined;
  }
  get connectionStart(): number {
    return this.#exchange.client.acceptedAt;
  }
  get scheme(): 'http' | 'https' {
    return this.#exchange.client.tls ? 'https' : 'http';
  }
  tls(fact: TlsFact): string | undefined {
    return tlsFact(this.#exchange.client.wire.socket, fact);
  }

  get requestLine(): string | undefined {
    return this.#exchange.head.line === '' ? undefined : this.#exchange.head.line;
  }
  get requestMethod(): string | undefined {
    return this.#exchange.head.method === '' ? undefined : this.#exchange.head.method;
  }
  get requestUri(): string | undefined {
    return this.#exchange.requestUri === '' ? undefined : this.#exchange.requestUri;
  }
  get uri(): string {
    return this.#exchange.head.target === '' ? '' : normalPath(this.#exchange.head.target);
  }
  get args(): string | undefined {
    const { target } = this.#exchange.head;
    const query = target.indexOf('?');
    return query < 0 || query === target.length - 1 ? undefined : target.slice(query + 1);
  }
  get serverProtocol(): string | undefined {
    return this.#exchange.head.method === '' ? undefined : `HTTP/1.${this.#exchange.head.minor}`;
  }
  get host(): string {
    const host = hostName(this.#exchange.head.host);
    return host === '' ? this.serverName : host;
  }
  get serverName(): string {
    return this.#exchange.place?.serverName ?? '';
  }
  requestHeader(name: string): string | undefined {
    if (!name.includes('-')) return this.#exchange.head.joined(name, name === 'cookie' ? '; ' : ', ');
    return this.#exchange.head.joined(name) ?? this.#exchange.head.joined(name.replaceAll('-', '_'));
  }
  get requestId(): string {
    this.#id ??= randomBytes(16).toString('hex');
    return this.#id;
  }
  get requestStart(): number {
    return Date.now() - (performance.now() - this.#exchange.startedAt);
  }
  get requestLength(): number {
    return this.#exchange.head.length + this.#exchange.client.bodyTaken;
  }

  get requestBody(): string | undefined {
    return this.#exchange.forwarded?.request.shownBody;
  }

  get status(): number {
    return this.#exchange.status;
  }
  get bytesSent(): number {
    const { client, writtenBefore, handOffEnd } = this.#exchange;
    return client.wire.bytesWritten - writtenBefore + (handOffEnd?.bytesSent ?? 0);
  }
  get bodyBytesSent(): number {
    return Math.max(0, this.bytesSent - this.#exchange.sentHead.length);
  }
  responseHeader(name: string): string | undefined {
    const { sentHead, forwarded } = this.#exchange;
    return sentHead === '' ? forwarded?.response?.joined(name) : sentField(sentHead, name);
  }

  get proxyHost(): string | undefined {
    return this.#exchange.forwarded?.request.host;
  }
  get proxyPort(): string | undefined {
    return this.#exchange.forwarded?.request.port;
  }
  get documentRoot(): string {
    return this.#exchange.place?.documentRoot(() => this) ?? '';
  }
  get requestFilename(): string {
    return this.documentRoot + (this.#exchange.place?.belowRoot(this.uri) ?? this.uri);
  }
  get realpathRoot(): string | undefined {
    try {
      return realpathSync.native(Buffer.from(this.documentRoot, 'latin1'), 'latin1');
    } catch {
      // The folder does not exist or cannot be read.
      return undefined;
    }
  }
  connectionCounts(): ConnectionCounts {
    return this.#exchange.client.frontend.connectionCounts();
  }
  get upstreamAttempts(): readonly UpstreamAttempt[] {
    return this.#exchange.forwarded?.allAttempts ?? [];
  }
  upstreamHeader(name: string): string | undefined {
    return this.#exchange.forwarded?.response?.joined(name);
  }
  get upstreamSetCookies(): readonly string[] {
    const response = this.#exchange.forwarded?.response;
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

/** The values of a field in a head that was sent, joined by `, `; undefined without the field. */
function sentField(head: string, name: string): string | undefined {
  const values = [...head.matchAll(/^([^:\r\n]+): ([^\r\n]*)/gm)].flatMap(([, field, value]) =>
    field?.toLowerCase() === name ? [value ?? ''] : [],
  );
  return values.length === 0 ? undefined : values.join(', ');
}
