import { expect, test } from 'vitest'
import { whyNotSimulated } from './choice.ts'

const noGpu = 'Docker has none to give'

test('without a GPU the descriptor says how', () => {
  expect(whyNotSimulated('worker', noGpu, 'worker')).toBeNull()
})

test('without either it is skipped, and both reasons are told', () => {
  expect(whyNotSimulated('worker', noGpu, null)).toMatch(/Docker has none.*names none$/)
  expect(whyNotSimulated('worker', noGpu, 'drawer')).toMatch(/only those of 'drawer'$/)
})
