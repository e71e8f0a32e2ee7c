import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { contentSecurityPolicy } from './content-security-policy.js';

const compressible = /\.(?:html|js|css|svg|json|webmanifest)$/;

/** What every page of the project is built with: its policy inside, and a `.gz` beside every text file. */
export function pagePlugins(): Plugin[] {
  return [policyInPage(), precompress()];
}

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
