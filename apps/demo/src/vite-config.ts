import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type Plugin, type UserConfig, defineConfig } from 'vite';
import { contentSecurityPolicy } from './content-security-policy.js';

const compressible = /\.(?:html|js|css|svg|json|webmanifest)$/;

/** Puts `<name>.gz` beside every text file of the page, so that a server need not compress. */
function precompress(): Plugin {
  return {
    name: 'pinwheel:precompress',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        for (const [fileName, file] of Object.entries(bundle)) {
          if (!compressible.test(fileName)) continue;
          const source = gzipSync(file.type === 'chunk' ? file.code : file.source, { level: 9 });
          this.emitFile({ type: 'asset', fileName: `${fileName}.gz`, source });
        }
      },
    },
  };
}

/** Names the policy in the page itself, so that it holds behind any server. Vite's dev server needs inline styles: build only. */
function policyInPage(): Plugin {
  return {
    name: 'pinwheel:policy-in-page',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: contentSecurityPolicy },
        injectTo: 'head-prepend',
      },
    ],
  };
}

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
  plugins: [policyInPage(), precompress()],
});

export default config;
