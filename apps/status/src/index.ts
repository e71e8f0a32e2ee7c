import { fileURLToPath } from 'node:url';

export { contentSecurityPolicy } from '@pinwheel/demo';

/**
 * The folder of the built page, as an absolute path without a slash at the end: `index.html` and `assets/`, whose names
 * carry a hash of their contents. Text files have a `.gz` beside them.
 */
export const statusRoot: string = fileURLToPath(new URL('./page', import.meta.url));
