import { fileURLToPath } from 'node:url';

export { contentSecurityPolicy } from './content-security-policy.js';

/**
 * The folder of the built page, as an absolute path without a slash at the end: `index.html` and
 * `assets/`, whose names carry a hash of their contents and may be cached for ever. Text files have a `.gz` beside them.
 */
export const demoRoot: string = fileURLToPath(new URL('./page', import.meta.url));
