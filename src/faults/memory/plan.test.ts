import { expect, test } from 'vitest'
import { limitsOf } from './plan.ts'

const hand = { name: 'crew-hand-1', service: 'hand' }
const MIB = 1_048_576

test.each<[string, number | null, number]>([
  ['as much swap as nothing', 96 * MIB, 96 * MIB],
  ['as much swap again', 192 * MIB, 192 * MIB],
  ['no limit of the swap', null, 96 * MIB],
])('with %s nothing is filled beyond what the container may use', (_name, memorySwapLimitBytes, fillBytes) => {
  expect(limitsOf({ ...hand, memoryLimitBytes: 96 * MIB, memorySwapLimitBytes })).toEqual({ limitBytes: 96 * MIB, fillBytes })
})

test('a container without a limit is refused', () => {
  expect(() => limitsOf({ ...hand, memoryLimitBytes: null })).toThrow(
    expect.objectContaining({ code: 'CAPABILITY_MISSING' }) as Error,
  )
})
