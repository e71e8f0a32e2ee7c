import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const limits = { testTimeout: 30_000, hookTimeout: 60_000, teardownTimeout: 10_000 };
/** Two files at a time even on two cores, since tests mostly wait. */
const maxWorkers = Math.max(2, availableParallelism() - 1);

export default defineConfig({
  test: {
    ...limits,
    watch: false,
    projects: [
      {
        test: {
          ...limits,
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts'],
          maxWorkers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...limits,
          name: 'balancer',
          include: ['test/balancer/**/*.test.ts', 'test/classics/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          maxWorkers,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...limits,
          // Tests with whole clusters, browsers or load run one file at a time.
          name: 'system',
          include: ['test/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', 'test/balancer/**', 'test/classics/**'],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
