import { defineConfig } from 'vitest/config'

/** Unit tests: no Docker, no network beyond 127.0.0.1. */
export default defineConfig({
  test: {
    name: 'unit',
    include: [
      ...['src/**/*.test.ts', 'stack/**/*.test.ts', 'build/**/*.test.ts', 'bench/**/*.test.ts'],
      ...['test/guest/**/*.test.ts', 'test/support/**/*.test.ts'],
    ],
    // A type-aware lint of one file takes seconds on a busy machine.
    testTimeout: 20_000,
    reporters: ['default', ['json', { outputFile: process.env['TESTS_REPORT'] ?? 'results/tests/unit.json' }]],
  },
})
