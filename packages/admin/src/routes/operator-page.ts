import type { IncomingHttpHeaders } from 'node:http';
import { operatorPage, PageFiles } from '@pinwheel/page';
import type { Page } from '@pinwheel/page';
import { AdminFailure } from '../listener/failure.js';
import type { AdminAnswer } from '../listener/routes.js';

/** Serves the operator's page. Its files are read at the first request; until the page is built, every request looks for it. */
export class OperatorPage {
  readonly #page: Page;
  #files: PageFiles | undefined;

  /** @param page Default: the operator's page of this project. */
  constructor(page = operatorPage) {
    this.#page = page;
  }

  /** The page itself; undefined while it is not built. */
  page(headers: IncomingHttpHeaders): AdminAnswer | undefined {
    if (this.#files === undefined || this.#files.isEmpty) this.#files = new PageFiles(this.#page);
    return this.#answer('/', headers, {
      'content-security-policy': `${this.#page.contentSecurityPolicy}; frame-ancestors 'none'`,
      vary: 'accept, accept-encoding',
    });
  }

  /**
   * A file that the page loads.
   *
   * @throws AdminFailure 404
   */
  asset(name: string, headers: IncomingHttpHeaders): AdminAnswer {
    const answer = this.#answer(`/assets/${name}`, headers, {
      // The name contains a digest of the contents.
      'cache-control': 'private, max-age=31536000, immutable',
      vary: 'accept-encoding',
    });
    if (answer === undefined) throw new AdminFailure(404, 'not_found', `the page has no ${name.slice(0, 200)}`);
    return answer;
  }

  #answer(target: string, asked: IncomingHttpHeaders, headers: Record<string, string>): AdminAnswer | undefined {
    const { 'accept-encoding': accepted = '' } = asked;
    const found = this.#files?.find(target, { 'accept-encoding': accepted });
    if (found === undefined) return undefined;
    const { 'content-encoding': coding, 'content-type': type } = found.headers;
    return {
      headers: coding === undefined ? headers : { ...headers, 'content-encoding': String(coding) },
      body: { text: found.body, contentType: String(type) },
    };
  }
}
