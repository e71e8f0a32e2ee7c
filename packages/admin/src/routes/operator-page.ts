import type { IncomingHttpHeaders } from 'node:http';
import { operatorPage, type Page, PageFiles } from '@pinwheel/page';
import { AdminFailure } from '../listener/failure.js';
import type { AdminAnswer } from '../listener/routes.js';

/** Serves the operator's page. Until the page is built, every request looks for it. */
export class OperatorPage {
  readonly #page: Page;
  #files: PageFiles | undefined;

  constructor(page: Page = operatorPage) {
    const contentSecurityPolicy = `${page.contentSecurityPolicy}; frame-ancestors 'none'`;
    this.#page = { ...page, contentSecurityPolicy };
  }

  /** The page itself; undefined while it is not built. */
  page(headers: IncomingHttpHeaders): AdminAnswer | undefined {
    if (this.#files === undefined || this.#files.isEmpty) this.#files = new PageFiles(this.#page);
    // The same path answers JSON to programs: no cache may keep the page for them.
    return this.#find('/', headers, { 'cache-control': 'no-store', vary: 'accept, accept-encoding' });
  }

  /**
   * A file that the page loads.
   *
   * @throws AdminFailure 404
   */
  asset(name: string, headers: IncomingHttpHeaders): AdminAnswer {
    const answer = this.#find(`/assets/${name}`, headers, { 'cache-control': 'private, max-age=31536000, immutable' });
    if (answer === undefined) throw new AdminFailure(404, 'not_found', `the page has no ${name.slice(0, 200)}`);
    return answer;
  }

  #find(path: string, asked: IncomingHttpHeaders, own: Record<string, string>): AdminAnswer | undefined {
    const found = this.#files?.find(path, asked);
    if (found === undefined) return undefined;
    const { 'content-type': contentType = '', ...headers } = found.headers;
    const body = { text: found.body, contentType: String(contentType) };
    return { status: found.status, headers: { ...headers, ...own }, body };
  }
}
