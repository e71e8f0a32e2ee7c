import { fileURLToPath } from 'node:url';
import { type UserConfig, defineConfig } from 'vite';
import { pagePlugins } from './vite-plugins.js';

function page(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url));
}

/** How Vite builds the page. Its root is `apps/demo`. */
const config: UserConfig = defineConfig({
  base: './',
  // The dev server shows the page against a cluster that runs: `npm start` in another terminal.
  server: { proxy: { '/socket.io': { target: 'http://127.0.0.1:3102', ws: true } } },
  build: {
    outDir: 'dist/page',
    emptyOutDir: true,
    // A data: address would need its own permission in the policy.
    assetsInlineLimit: 0,
    rolldownOptions: { input: { index: page('index.html'), classic: page('classic.html') } },
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  plugins: pagePlugins(),
});

export default config;
