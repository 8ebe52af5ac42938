import { basename, dirname } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer } from 'vitest/node'
import type { TestSpecification } from 'vitest/node'

/**
 * The first test that fails is enough. A file's own tests notice most of its mutants, so they begin; the others follow,
 * quickest first, where Vitest would begin with what takes longest. A mutant of a module's constant may need all of them.
 */
class OwnThenQuick extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const quickFirst = (await super.sort(files)).toReversed()
    // The one file that is mutated; all of them at the first run.
    const related = this.ctx.config.related ?? []
    const [mutated] = related.length === 1 ? related : []
    if (mutated === undefined) return quickFirst
    const stem = basename(mutated, '.ts')
    const distance = ({ moduleId }: TestSpecification): number => {
      if (dirname(moduleId) !== dirname(mutated)) return 2
      return basename(moduleId).startsWith(stem) ? 0 : 1
    }
    return quickFirst.toSorted((a, b) => distance(a) - distance(b))
  }
}

/** What mutants are tried against: the unit tests of src that need neither the repository's other files nor a lint run. */
export default defineConfig({
  test: {
    name: 'mutants',
    include: ['src/**/*.test.ts'],
    exclude: ['src/app/readme.test.ts', 'src/app/run/stack-inspection.test.ts', 'src/files/validate.test.ts', 'src/github/**'],
    // Ten times what the slowest of them takes. A mutant that waits for ever is noticed no sooner.
    testTimeout: 10_000,
    sequence: { sequencer: OwnThenQuick },
  },
})
