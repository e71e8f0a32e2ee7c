import { fileURLToPath } from 'node:url';

/** A page of the project, as Vite has built it. */
export interface Page {
  /** Absolute path of the folder with `index.html` and `assets/`, without a slash at the end. */
  readonly folder: string;
  /** Value of the `Content-Security-Policy` header. */
  readonly contentSecurityPolicy: string;
}

/**
 * The policy of all pages: a page may use its own files and its own origin, WebSocket included, and nothing inline. The
 * built page has the same policy in a `<meta>`, so it also holds behind a server that sends no header.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** The page at `/`, built from `apps/demo`. A node serves it. */
export const visitorPage: Page = builtPage('visitor');

/** The page at `/status` of the admin listener, built from `apps/status`. */
export const operatorPage: Page = builtPage('operator');

/** The folder that `pageConfig` builds to; the path is the same from `src/` and from `dist/`. */
function builtPage(name: string): Page {
  return { folder: fileURLToPath(new URL(`../dist/${name}`, import.meta.url)), contentSecurityPolicy };
}
