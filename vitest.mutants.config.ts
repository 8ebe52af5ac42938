import { defineConfig } from 'vitest/config'
import { BaseSequencer } from 'vitest/node'
import type { TestSpecification } from 'vitest/node'

/** Vitest begins with what takes longest. The first test that fails is enough here, and most mutants fail a quick one. */
class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toReversed()
  }
}

/** What mutants are tried against: the unit tests of src that need neither the repository's other files nor a lint run. */
export default defineConfig({
  test: {
    name: 'mutants',
    include: ['src/**/*.test.ts'],
    exclude: ['src/entry/readme.test.ts', 'src/github/**'],
    // At idle priority a test may have to wait long for its turn.
    testTimeout: 60_000,
    sequence: { sequencer: QuickFirst },
  },
})
