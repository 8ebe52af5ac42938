import { defineConfig } from 'vitest/config'

/** Runs dist/ as a user's runner would: from a copy without node_modules, against real Docker. */
export default defineConfig({
  test: {
    name: 'e2e',
    include: ['test/e2e/**/*.test.ts'],
    fileParallelism: false,
    // Of tests that say that they bear company.
    maxConcurrency: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    reporters: ['default', ['json', { outputFile: process.env['TESTS_REPORT'] ?? 'results/tests/e2e.json' }]],
  },
})
