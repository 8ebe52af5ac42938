import { defineConfig } from 'vitest/config'

/** Unit tests: no Docker, no network beyond 127.0.0.1. */
export default defineConfig({
  test: {
    name: 'unit',
    // One process imports what all files need once: two thirds of their time would be that.
    isolate: false,
    include: [
      ...['src/**/*.test.ts', 'stack/**/*.test.ts', 'build/**/*.test.ts', 'bench/**/*.test.ts'],
      ...['test/guest/**/*.test.ts', 'test/support/**/*.test.ts'],
    ],
    // A type-aware lint of one file takes seconds on a busy machine, and what is waited for may take one as well.
    testTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    reporters: ['default', ['json', { outputFile: process.env['TESTS_REPORT'] ?? 'results/tests/unit.json' }]],
  },
})
