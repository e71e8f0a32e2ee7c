import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { gzipSync } from 'node:zlib';

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};
const COMPRESSIBLE = /^text\/|json|svg/;

interface StoredFile {
  readonly body: Buffer;
  /** Undefined when it would not be smaller. */
  readonly gzipped: Buffer | undefined;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A folder of static files, read into memory once: a page of some hundred kilobytes. Requests touch no disk, so that a
 * build under way cannot break them, and the ETag is a digest of the contents, so that all nodes agree on it.
 */
export class StaticSite {
  readonly #files = new Map<string, StoredFile>();

  /**
   * @param root absolute path of the folder; a folder that is not there is an empty site
   * @param htmlHeaders sent with every page
   */
  constructor(root: string, htmlHeaders: Readonly<Record<string, string>> = {}) {
    for (const path of listFiles(root)) {
      const name = `/${path.split(sep).join('/')}`;
      const file = store(join(root, path), name, htmlHeaders);
      this.#files.set(name, file);
      if (name.endsWith('/index.html')) this.#files.set(name.slice(0, -'index.html'.length), file);
      // A page has its name without the ending too: `/classic`.
      else if (name.endsWith('.html')) this.#files.set(name.slice(0, -'.html'.length), file);
    }
  }

  get empty(): boolean {
    return this.#files.size === 0;
  }

  /** Answers every request: a file, 304 for one that the client has, 404, or 405 for what is neither GET nor HEAD. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      text(response, 405, 'this address answers GET and HEAD', { allow: 'GET, HEAD' });
      return;
    }
    const file = this.#files.get(pathOf(request.url ?? ''));
    if (file === undefined) {
      text(response, 404, 'nothing is here');
      return;
    }
    const gzip = file.gzipped !== undefined && acceptsGzip(request.headers['accept-encoding']);
    // Another representation needs another tag (RFC 9110, 8.8.3.3).
    const etag = gzip ? `"${file.etag}-gzip"` : `"${file.etag}"`;
    const headers: Record<string, string | number> = { ...file.headers, etag };
    if (matches(request.headers['if-none-match'], etag)) {
      response.writeHead(304, headers).end();
      return;
    }
    const body = gzip ? (file.gzipped ?? file.body) : file.body;
    if (gzip) headers['content-encoding'] = 'gzip';
    headers['content-length'] = body.length;
    response.writeHead(200, headers).end(body);
  };
}

function listFiles(root: string): string[] {
  try {
    const entries = readdirSync(root, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.gz') && !entry.name.endsWith('.br'))
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function store(path: string, name: string, htmlHeaders: Readonly<Record<string, string>>): StoredFile {
  const body = readFileSync(path);
  const type = types[extname(name)] ?? 'application/octet-stream';
  const gzipped = COMPRESSIBLE.test(type) ? gzipSync(body, { level: 9 }) : undefined;
  const smaller = gzipped !== undefined && gzipped.length < body.length ? gzipped : undefined;
  return {
    body,
    gzipped: smaller,
    etag: createHash('sha256').update(body).digest('base64url').slice(0, 22),
    headers: {
      'content-type': type,
      // Names below assets/ carry a digest of the contents; all others stay the same from one build to the next.
      'cache-control': name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      'x-content-type-options': 'nosniff',
      ...(smaller === undefined ? {} : { vary: 'accept-encoding' }),
      ...(name.endsWith('.html') ? htmlHeaders : {}),
    },
  };
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
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

function text(response: ServerResponse, status: number, what: string, headers: Record<string, string> = {}): void {
  const body = `${status}: ${what}\n`;
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(body);
}
