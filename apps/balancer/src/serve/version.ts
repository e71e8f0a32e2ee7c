import { packageVersion } from '@pinwheel/cli';

/** The nginx whose configuration language and behaviour the program follows. */
export const NGINX_VERSION = '1.29.8';

/** `pinwheel/0.1.0`. */
export function programVersion(): string {
  return `pinwheel/${packageVersion(import.meta.url)}`;
}
