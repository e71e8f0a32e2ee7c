export { contentSecurityPolicy, operatorPage, visitorPage } from './page.js';
export type { Page } from './page.js';
export { PageFiles, pageHandler } from './page-files.js';
export type { PageAnswer } from './page-files.js';
