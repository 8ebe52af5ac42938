import { expect, it } from 'vitest'
import { machinePace } from './machine-pace.ts'

it('is measured once, and within what a machine can be', () => {
  const pace = machinePace()
  expect(pace).toBeGreaterThanOrEqual(0.5)
  expect(pace).toBeLessThanOrEqual(4)
  expect(machinePace()).toBe(pace)
})
