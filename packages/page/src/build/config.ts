import { fileURLToPath } from 'node:url';
import type { UserConfig } from 'vite';
import { operatorPage, visitorPage } from '../page.js';
import { pagePlugins } from './plugins.js';

/** The settings that differ from page to page. */
export interface PageSource {
  /** Decides the folder that the page is built to. */
  readonly page: 'visitor' | 'operator';
  /** HTML files; URLs, since Vite takes absolute paths. */
  readonly html: readonly URL[];
  /** For Vite's development server: which paths a running cluster (`npm start`) answers, and where. */
  readonly proxy: Readonly<Record<string, { readonly target: string; readonly ws?: boolean }>>;
}

/**
 * Returns the Vite configuration of a page.
 *
 * @example export default pageConfig({ page: 'visitor', html: [new URL('index.html', import.meta.url)], proxy: {} });
 */
export function pageConfig({ page, html, proxy }: PageSource): UserConfig {
  return {
    base: './',
    server: { proxy: { ...proxy } },
    build: {
      outDir: (page === 'visitor' ? visitorPage : operatorPage).folder,
      emptyOutDir: true,
      // A data: address would need its own permission in the policy.
      assetsInlineLimit: 0,
      rolldownOptions: { input: html.map((url) => fileURLToPath(url)) },
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
    plugins: pagePlugins(),
  };
}
