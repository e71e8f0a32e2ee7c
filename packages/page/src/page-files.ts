import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import type { Page } from './page.js';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** A response to GET or HEAD. */
export interface PageAnswer {
  readonly status: 200 | 304;
  readonly headers: Readonly<Record<string, string | number>>;
  /** Empty with 304. */
  readonly body: Buffer;
}

interface StoredFile {
  readonly body: Buffer;
  /** The `.gz` beside it, where the build made one. */
  readonly gzipped: Buffer | undefined;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The files of a built page, read into memory once: some hundred kilobytes. Requests read no disk, so a build that
 * replaces the files cannot break them. The ETag is a digest of the contents, so all nodes agree on it.
 */
export class PageFiles {
  readonly #files = new Map<string, StoredFile>();

  /** Reads the folder. A page that is not built has no files. */
  constructor({ folder, contentSecurityPolicy }: Page) {
    const contents = readFolder(folder);
    for (const [name, body] of contents) {
      if (name.endsWith('.gz')) continue;
      const file = store(name, body, contents.get(`${name}.gz`), contentSecurityPolicy);
      this.#files.set(`/${name}`, file);
      // A page can be requested without the ending of its name: `/classic`.
      if (name === 'index.html') this.#files.set('/', file);
      else if (name.endsWith('.html')) this.#files.set(`/${name.slice(0, -'.html'.length)}`, file);
    }
  }

  /** True when the page is not built: `npm run build` builds it. */
  get isEmpty(): boolean {
    return this.#files.size === 0;
  }

  /**
   * The answer to GET or HEAD.
   *
   * @param target request target; a query is ignored, `/` is `index.html`, `/name` is `name.html`
   * @returns undefined when the page has no such file
   */
  find(
    target: string,
    { 'accept-encoding': accepted, 'if-none-match': known }: IncomingHttpHeaders,
  ): PageAnswer | undefined {
    const file = this.#files.get(pathOf(target));
    if (file === undefined) return undefined;
    const gzipped = acceptsGzip(accepted) ? file.gzipped : undefined;
    // Another representation needs another tag (RFC 9110, 8.8.3.3).
    const etag = gzipped === undefined ? `"${file.etag}"` : `"${file.etag}-gzip"`;
    const headers = { ...file.headers, etag };
    if (matches(known, etag)) return { status: 304, headers, body: Buffer.alloc(0) };
    const body = gzipped ?? file.body;
    const coding = gzipped === undefined ? {} : { 'content-encoding': 'gzip' };
    return { status: 200, headers: { ...headers, ...coding, 'content-length': body.length }, body };
  }
}

/**
 * A listener for `request` events of a `node:http` server that serves a page, and answers 404 to other paths and 405 to
 * other methods than GET and HEAD.
 *
 * @example createServer(pageHandler(new PageFiles(visitorPage))).listen(3000)
 */
export function pageHandler(files: PageFiles): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      refuse(response, 405, 'this address answers GET and HEAD', { allow: 'GET, HEAD' });
      return;
    }
    const answer = files.find(request.url ?? '', request.headers);
    if (answer === undefined) refuse(response, 404, 'nothing is here');
    else response.writeHead(answer.status, answer.headers).end(answer.body);
  };
}

function readFolder(folder: string): Map<string, Buffer> {
  const contents = new Map<string, Buffer>();
  try {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) contents.set(path.slice(folder.length + 1).replaceAll('\\', '/'), readFileSync(path));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return contents;
}

function store(name: string, body: Buffer, gzipped: Buffer | undefined, policy: string): StoredFile {
  return {
    body,
    gzipped,
    etag: createHash('sha256').update(body).digest('base64url').slice(0, 22),
    headers: {
      'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
      // Names below assets/ contain a digest of the contents; other names are the same from one build to the next.
      'cache-control': name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      'x-content-type-options': 'nosniff',
      ...(gzipped === undefined ? {} : { vary: 'accept-encoding' }),
      ...(name.endsWith('.html') ? { 'content-security-policy': policy } : {}),
    },
  };
}

function pathOf(target: string): string {
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    // Malformed, so no file has the name.
    return path;
  }
}

/** RFC 9110, 12.5.3: `gzip` by its own name, else by `*`, unless its weight is 0. */
function acceptsGzip(header: string | string[] | undefined): boolean {
  const codings = new Map<string, boolean>();
  for (const coding of String(header ?? '')
    .toLowerCase()
    .split(',')) {
    const [name = '', ...parameters] = coding.split(';').map((part) => part.trim());
    codings.set(name, !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter)));
  }
  return codings.get('gzip') ?? codings.get('*') ?? false;
}

/** RFC 9110, 13.1.2: weak comparison with any of a list, or `*`. */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag);
}

function refuse(response: ServerResponse, status: number, what: string, headers: Record<string, string> = {}): void {
  const body = `${status}: ${what}\n`;
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(body);
}
