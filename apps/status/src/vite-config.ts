import { pagePlugins } from '@pinwheel/demo/vite';
import { type UserConfig, defineConfig } from 'vite';

/** How Vite builds the page. Its root is `apps/status`. */
const config: UserConfig = defineConfig({
  base: './',
  // The dev server shows the page against a cluster that runs: `npm start` in another terminal.
  server: { proxy: { '^/(status|history|metrics|nodes|redis)': 'http://127.0.0.1:3180' } },
  build: {
    outDir: 'dist/page',
    emptyOutDir: true,
    // A data: address would need its own permission in the policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  plugins: pagePlugins(),
});

export default config;
