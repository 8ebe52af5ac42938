import { defineConfig } from 'vitest/config'

/** What mutants are tried against: the unit tests of src that need neither the repository's other files nor a lint run. */
export default defineConfig({
  test: {
    name: 'mutants',
    include: ['src/**/*.test.ts'],
    exclude: ['src/entry/readme.test.ts', 'src/github/**'],
    testTimeout: 20_000,
  },
})
