import { deepStrictEqual } from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { freePort } from '@pinwheel/testing/ports';
import { until } from '@pinwheel/testing/until';
import { isMissing, Recipe } from '../../classics/recipe.js';
import type { Runner } from '../../classics/recipe.js';
import { Backend, ok } from './backend.js';
import type { Answer, SeenRequest } from './backend.js';

/** For `describe.skipIf`: the comparison needs nginx (apt-get install nginx). */
export const NO_NGINX = isMissing('nginx');

/** The ports of one runner's file, in the order in which it uses them. */
const PORTS = 4;

/** A running configuration: its program, ports and backend. */
export class Side {
  private constructor(
    readonly runner: Runner,
    readonly recipe: Recipe,
    readonly ports: readonly number[],
    readonly backend: Backend,
  ) {}

  static async start(runner: Runner, conf: string, answer: Answer, files: Readonly<Record<string, string>>) {
    const backend = await Backend.start(answer);
    const ports: number[] = [];
    while (ports.length < PORTS) {
      const port = await freePort();
      if (!ports.includes(port)) ports.push(port);
    }
    const text = ports
      .reduce((all, port, i) => all.replaceAll(`PORT${i}`, String(port)), conf)
      .replaceAll('BACKEND', `127.0.0.1:${backend.port}`);
    try {
      const recipe = await Recipe.start(runner, text, ports[0] ?? 0, files);
      return new Side(runner, recipe, ports, backend);
    } catch (error) {
      await backend.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.recipe.stop();
    await this.backend.stop();
  }

  /** Sends the bytes and returns everything until the connection ends; `PORT0` and so on stand for the ports. */
  async exchange(raw: string, port = 0, host = '127.0.0.1'): Promise<string> {
    const socket = connect(this.ports[port] ?? 0, host);
    let text = '';
    let ending = '';
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      ending = `<${error.code ?? 'error'}>`;
    });
    socket.setTimeout(8_000, () => {
      ending = '<still open>';
      socket.destroy();
    });
    socket.write(this.#withPorts(raw), 'latin1');
    await once(socket, 'close');
    return text + ending;
  }

  /** The lines of a log, as soon as it has this number of lines. */
  async lines(name: string, count: number): Promise<string[]> {
    const read = (): string[] => this.normal(this.recipe.read(name)).split('\n').slice(0, -1);
    await until(`${count} lines in ${name} of ${this.runner}`, () => read().length >= count);
    return read();
  }

  #withPorts(text: string): string {
    return this.ports.reduce((all, port, i) => all.replaceAll(`PORT${i}`, String(port)), text);
  }

  /** A text without what differs between two runs: ports, dates, the product's name and its length. */
  normal(text: string): string {
    return this.ports
      .reduce((all, port, i) => all.replaceAll(String(port), `PORT${i}`), text)
      .replaceAll(String(this.backend.port), 'BACKEND')
      .replace(/^Date: .*$/gm, 'Date: now')
      .replace(/^Server: (?:nginx\/[\d.]+|pinwheel)(?=\r?$)/gm, 'Server: it')
      .replace(/<center>(?:nginx\/[\d.]+|pinwheel)<\/center>/g, '<center>it</center>')
      .replace(/^Content-Length: \d+(?=\r\n[^]*<center>it<)/gm, 'Content-Length: page');
  }

  /** The requests at the backend since the last call; the fields are sorted, since their order has no meaning. */
  normalRequests(): SeenRequest[] {
    return this.backend.take().map((one) => {
      const [line = '', ...fields] = this.normal(one.head).split('\r\n').slice(0, -1);
      return { ...one, head: [line, ...fields.toSorted()].join('\r\n') };
    });
  }
}

/**
 * The same file, run by both. These differences are not compared:
 * - the product's name, and with it the length of pages and of what they add to `$bytes_sent`;
 * - padding of pages for MSIE and Chrome (`msie_padding`), which no browser of today needs;
 * - `return 498` has the page of 404 in nginx, and `return 0` the status line `000`;
 * - a chunked body over the limit is 413 even where it is not read, as in nginx after 1.22;
 * - `$sent_http_connection` in a log, which nginx has reset to `close` by then;
 * - `Trailer`, `Proxy-Connection` and fields that `Connection` names end here (RFC 9110 7.6.1), nginx passes them on;
 * - a fragment in a target is not passed on, and `proxy_pass http://host?query` has a slash before its query;
 * - several fields of one name are one list in a variable, as since nginx 1.23;
 * - without `proxy_set_header Connection ""` nginx 1.22 closes each connection to a peer, 1.29.7 and later keep it.
 */
export class Pair {
  private constructor(
    readonly ours: Side,
    readonly theirs: Side,
  ) {}

  /**
   * @param conf `PORT0` to `PORT3` stand for free ports, of which the first is listened on, `BACKEND` for the backend
   * @param answer response of the backend; default a 200 with `ok`
   */
  static async start(
    conf: string,
    answer: Answer = () => ok('ok'),
    files: Readonly<Record<string, string>> = {},
  ): Promise<Pair> {
    const [ours, theirs] = await Promise.all([
      Side.start('pinwheel', conf, answer, files),
      Side.start('nginx', conf, answer, files),
    ]);
    return new Pair(ours, theirs);
  }

  async stop(): Promise<void> {
    await Promise.all([this.ours.stop(), this.theirs.stop()]);
  }

  /** The responses of both to the same bytes, and the requests at their backends. */
  async both(raw: string, port = 0, host = '127.0.0.1'): Promise<{ ours: ExchangeOutcome; theirs: ExchangeOutcome }> {
    const [ours, theirs] = await Promise.all([
      this.ours.exchange(raw, port, host).then((text) => outcomeOf(this.ours, raw, text)),
      this.theirs.exchange(raw, port, host).then((text) => outcomeOf(this.theirs, raw, text)),
    ]);
    return { ours, theirs };
  }

  /** Expects the same from both. @returns nginx's response, with LF line ends */
  async same(raw: string, port = 0, host = '127.0.0.1'): Promise<string> {
    const { ours, theirs } = await this.both(raw, port, host);
    deepStrictEqual(ours, theirs);
    return theirs.answer.join('\n');
  }

  /**
   * Like `same`, for proxied requests: the order of fields has no meaning, and nginx 1.22 opens a connection for each
   * request where 1.29.7 and later keep connections.
   */
  async sameProxied(raw: string, port = 0, host = '127.0.0.1'): Promise<string> {
    const { ours, theirs } = await this.both(raw, port, host);
    deepStrictEqual(unordered(ours), unordered(theirs));
    return theirs.answer.join('\n');
  }
}

/** The visible outcome of an exchange. */
interface ExchangeOutcome {
  readonly asked: string;
  /** Lines of the response. */
  readonly answer: readonly string[];
  readonly seen: readonly SeenRequest[];
}

function outcomeOf(side: Side, asked: string, text: string): ExchangeOutcome {
  return { asked, answer: side.normal(text).split('\r\n'), seen: side.normalRequests() };
}

function unordered({ asked, answer, seen }: ExchangeOutcome) {
  return { asked, answer: answer.toSorted(), seen: seen.map(({ head, body }) => ({ head, body })) };
}

/** A request that ends its connection, with bare LF. @param more further field lines, each ended by LF */
export function get(path: string, host = 'a', more = ''): string {
  return `GET ${path} HTTP/1.1\nHost: ${host}\n${more}Connection: close\n\n`;
}
