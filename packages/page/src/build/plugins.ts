import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { contentSecurityPolicy } from '../page.js';

const COMPRESSIBLE = /\.(?:html|js|css|svg|json|webmanifest)$/;

/** Path of the icon from any app: they all lie at the same depth. */
const ICON = '../../packages/page/src/browser/favicon.svg';

const HEAD = `<meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <link rel="icon" type="image/svg+xml" href="${ICON}" />`;

/** The Vite plugins of all pages: the shared parts of their HTML, the policy, and a `.gz` beside every text file. */
export function pagePlugins(): Plugin[] {
  return [sharedHtml(), policyInPage(), precompress()];
}

/** Replaces `<!-- head -->` by what every head starts with and `<!-- wheel -->` by the blades of the pinwheel. */
function sharedHtml(): Plugin {
  return {
    name: 'pinwheel:shared-html',
    transformIndexHtml: {
      order: 'pre',
      handler: (html) => html.replace('<!-- head -->', HEAD).replaceAll('<!-- wheel -->', wheel()),
    },
  };
}

function wheel(): string {
  const blade = (degrees: number): string =>
    `<path class="blade" transform="rotate(${degrees})" d="M0 0V-50L37-30Z" />` +
    `<path class="fold" transform="rotate(${degrees})" d="M0 0V-50L14-20Z" />`;
  return [0, 60, 120, 180, 240, 300].map(blade).join('');
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
          if (!COMPRESSIBLE.test(fileName)) continue;
          const source = gzipSync(file.type === 'chunk' ? file.code : file.source, { level: 9 });
          this.emitFile({ type: 'asset', fileName: `${fileName}.gz`, source });
        }
      },
    },
  };
}

/** Puts the policy into the page itself. Vite's development server needs inline styles, so this is for builds only. */
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
