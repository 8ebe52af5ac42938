import { defineConfig } from 'vitest/config'

/** Runs the workflow files by act, with dist/ and real Docker; GitHub itself is a double. */
export default defineConfig({
  test: {
    name: 'act',
    include: ['test/act/**/*.test.ts'],
    globalSetup: ['test/act/support/prepare-act.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    reporters: ['default', ['json', { outputFile: process.env['TESTS_REPORT'] ?? 'results/tests/act.json' }]],
  },
})
