import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isMissing, Recipe } from '../classics/recipe.js';
import type { Runner } from '../classics/recipe.js';
import { freePorts } from '@pinwheel/testing/ports';
import { exchange } from '@pinwheel/testing/raw-http';
import type { RawRequest } from './raw-requests.js';
import { RAW_REQUESTS } from './raw-requests.js';

/** The outcome of a request: statuses of the responses in order, how they end, and what the backend saw. */
interface Outcome {
  readonly answers: readonly string[];
  readonly variables: string;
  readonly seen: readonly string[];
}

const VARIABLES =
  '$request_method|$uri|$args|$is_args|$host|$http_host|$server_name|$http_x_a|$http_x_t|$http_cookie|$http_expect|$request';

describe.skipIf(isMissing('nginx'))('requests are parsed as nginx parses them', () => {
  const backend = new Backend();
  const recipes = new Map<Runner, { recipe: Recipe; port: number }>();

  beforeAll(async () => {
    await backend.listen();
    for (const runner of ['nginx', 'pinwheel'] as const) {
      const port = await freePorts(2);
      recipes.set(runner, { recipe: await Recipe.start(runner, conf(port, backend.port), port), port });
    }
  }, 20_000);
  afterAll(async () => {
    for (const { recipe } of recipes.values()) await recipe.stop();
    backend.close();
  });

  async function outcome(runner: Runner, { text }: RawRequest): Promise<Outcome> {
    const port = recipes.get(runner)?.port ?? 0;
    backend.seen.length = 0;
    const answer = await exchange({ port }, text);
    const seen = [...backend.seen];
    return { answers: statuses(answer), variables: await exchange({ port: port + 1 }, text), seen };
  }

  test.each(RAW_REQUESTS)('$name', async (request) => {
    const theirs = await outcome('nginx', request);
    const ours = await outcome('pinwheel', request);
    const variables = ({ variables: text }: Outcome): string => (text.startsWith('HTTP/1.1 200') ? bodies(text) : '');
    const comparable = (one: Outcome): object => ({ ...one, variables: variables(one) });
    // `differs` has the reason for an intended difference; the test fails when the responses no longer differ.
    expect({ same: isDeepStrictEqual(comparable(ours), comparable(theirs)), ...comparable(ours) }).toEqual({
      same: request.differs === undefined,
      ...comparable(request.differs === undefined ? theirs : ours),
    });
  });
});

/** Statuses with the text of the page. */
function statuses(answer: string): string[] {
  if (!answer.startsWith('HTTP/')) return [answer.replaceAll('\r\n', '\n').replace(/nginx\/[\d.]+|pinwheel/, '')];
  return [...answer.matchAll(/HTTP\/1\.1 (\d{3})[^\r]*\r\n([^]*?)\r\n\r\n(?:[^]*?<title>([^<]*)<\/title>)?/g)].map(
    ([, status, head = '', title = '']) => `${status} ${/Connection: [\w-]+/.exec(head)?.[0] ?? ''} ${title}`,
  );
}

function bodies(text: string): string {
  return text.replaceAll(/HTTP\/1\.1 [^]*?\r\n\r\n/g, '>');
}

/** Answers every request and records it. */
class Backend {
  readonly seen: string[] = [];
  readonly #server: Server = createServer((socket) => this.#serve(socket));

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }
  close(): void {
    this.#server.close();
  }

  #serve(socket: Socket): void {
    let text = '';
    socket.on('error', () => socket.destroy());
    socket.setEncoding('latin1').on('data', (piece: string) => {
      text += piece;
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = text.slice(0, end);
      const body = bodyOf(head, text.slice(end + 4));
      if (body === undefined) return;
      const [first, ...lines] = head.split('\r\n');
      const shown = lines.filter((one) => !/^(?:host|connection|content-length|transfer-encoding):/i.test(one));
      this.seen.push(`${first}\n${shown.toSorted().join('\n')}\n${body}`);
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok');
    });
  }
}

/** The body as far as it is complete; nginx sends a chunked body on with a length. */
function bodyOf(head: string, rest: string): string | undefined {
  if (/^transfer-encoding: chunked/im.test(head)) {
    if (!rest.endsWith('0\r\n\r\n')) return undefined;
    return rest.replace(/0\r\n\r\n$/, '').replaceAll(/[0-9a-f]+\r\n([^]*?)\r\n/g, '$1');
  }
  const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
  return rest.length < length ? undefined : rest;
}

function conf(port: number, backend: number): string {
  const names = `server_name a.test ""; client_max_body_size 100;`;
  return `events {}
http {
  access_log off;
  upstream backend { server 127.0.0.1:${backend}; }
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  server { listen 127.0.0.1:${port}; ${names} location / { proxy_pass http://backend; } }
  server { listen 127.0.0.1:${port + 1}; ${names} return 200 "${VARIABLES}\\n"; }
  server { listen 127.0.0.1:${port + 1}; server_name b.test *.b.test; return 200 "${VARIABLES}\\n"; }
}
`;
}
