/** Is dist/ what the sources give, and does it run? `node build/check-dist.ts`; exit 1 with what is wrong. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { buildDist } from './bundle.ts'
import { copyCheckout } from './checkout-copy.ts'
import { compareTrees } from './compare-trees.ts'
import { runDist } from './run-dist.ts'

const repository = resolve(import.meta.dirname, '..')
const scratch = mkdtempSync(join(tmpdir(), 'chaos-dist-'))
try {
  await buildDist(join(scratch, 'fresh'))
  const differences = compareTrees(join(scratch, 'fresh'), join(repository, 'dist'))
  if (differences.length > 0) {
    console.error(`dist/ is not what the sources give:\n  ${differences.join('\n  ')}\nRun \`npm run build\` and commit dist/.`)
    process.exitCode = 1
  }
  const checkout = join(scratch, 'checkout')
  copyCheckout(repository, checkout)
  const troubles = runDist(checkout)
  if (troubles.length > 0) {
    console.error(`bundles of dist/ do not run:\n  ${troubles.join('\n  ')}`)
    process.exitCode = 1
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
