export { default } from './src/vite-config.js';
