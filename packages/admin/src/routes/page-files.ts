import type { IncomingHttpHeaders } from 'node:http';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { operatorPage } from '@pinwheel/page';
import { AdminFailure } from '../listener/failure.js';
import type { AdminAnswer } from '../listener/routes.js';

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  woff2: 'font/woff2',
};

/**
 * The built page, read into memory at the first request, so that a build in progress cannot break it. Until it is built,
 * every request looks for it.
 */
export class PageFiles {
  readonly #root: string;
  #files: ReadonlyMap<string, Buffer> = new Map();

  /** @param root folder of the page; Default: the operator's page. */
  constructor(root = operatorPage.folder) {
    this.#root = root;
  }

  /** The page itself; undefined while it is not built. */
  async page(headers: IncomingHttpHeaders): Promise<AdminAnswer | undefined> {
    if (this.#files.size === 0) this.#files = await readFolder(this.#root);
    return this.#answer('index.html', headers, {
      'content-security-policy': `${operatorPage.contentSecurityPolicy}; frame-ancestors 'none'`,
      vary: 'accept, accept-encoding',
    });
  }

  /**
   * A file that the page loads.
   *
   * @throws AdminFailure 404
   */
  asset(name: string, headers: IncomingHttpHeaders): AdminAnswer {
    const answer = this.#answer(`assets/${name}`, headers, {
      // The name contains a digest of the contents.
      'cache-control': 'private, max-age=31536000, immutable',
      vary: 'accept-encoding',
    });
    if (answer === undefined) throw new AdminFailure(404, 'not_found', `the page has no ${name.slice(0, 200)}`);
    return answer;
  }

  #answer(path: string, asked: IncomingHttpHeaders, headers: Record<string, string>): AdminAnswer | undefined {
    const plain = this.#files.get(path);
    if (plain === undefined) return undefined;
    const packed = /\bgzip\b/.test(String(asked['accept-encoding'])) ? this.#files.get(`${path}.gz`) : undefined;
    return {
      headers: packed === undefined ? headers : { ...headers, 'content-encoding': 'gzip' },
      body: {
        text: packed ?? plain,
        contentType: TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
      },
    };
  }
}

/** Names relative to the folder with contents; none when there is no such folder. */
async function readFolder(root: string): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const folder of ['', 'assets/']) {
    try {
      for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
        if (entry.isFile()) files.set(folder + entry.name, await readFile(join(root, folder, entry.name)));
      }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  return files;
}
