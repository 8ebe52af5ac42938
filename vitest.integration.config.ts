import { defineConfig } from 'vitest/config'

/** Tests against real Docker and toxiproxy. One file at a time: they share the machine's engine and its CPUs. */
export default defineConfig({
  test: {
    name: 'integration',
    include: ['test/integration/**/*.test.ts'],
    globalSetup: ['test/integration/support/prepare-toolbox-image.ts'],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
    reporters: ['default', ['json', { outputFile: process.env['TESTS_REPORT'] ?? 'results/tests/integration.json' }]],
  },
})
