/** A defect that only a crowd shows, while a load holds. */
import { expect, it } from 'vitest'
import { startCli } from './cli.ts'

const RUN_LIMIT_MS = 600_000

it(
  'finds what is broken only in a crowd, which the canary of the same scenario never meets',
  async () => {
    const argv = ['run', '--only', 'NF-005', '--under-load', 'LT-001', '--defect', 'fails-when-crowded']
    await using cli = await startCli(argv)
    const { exitCode } = await cli.ended()
    const [held] = (await cli.result()).load
    expect([exitCode, held?.verdict]).toEqual([1, 'failed'])
    expect(held?.reasons[0]).toMatch(/errors.* without a fault/)
  },
  RUN_LIMIT_MS,
)
