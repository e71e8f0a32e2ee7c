export * from './file-options.js';
