export { IdTable } from './id-table.js';
export { Roster } from './roster.js';
export type { Place } from './roster.js';
