import { expect, test } from 'vitest'
import { chooseMeans } from './choice.ts'

const noGpu = 'Docker has none to give'

test('a GPU is taken where there is one, whatever could be simulated', () => {
  expect(chooseMeans({ target: 'worker', noGpu: null, simulated: null })).toEqual({ means: 'gpu' })
  expect(chooseMeans({ target: 'worker', noGpu: null, simulated: 'worker' })).toEqual({ means: 'gpu' })
})

test('without one the descriptor says how, and the reason stays with it', () => {
  expect(chooseMeans({ target: 'worker', noGpu, simulated: 'worker' })).toEqual({ means: 'simulated', why: noGpu })
})

test('without either it is skipped, and both reasons are told', () => {
  const none = chooseMeans({ target: 'worker', noGpu, simulated: null })
  expect(none).toMatchObject({ means: 'skipped', why: expect.stringMatching(/Docker has none.*names none$/) as string })
  const another = chooseMeans({ target: 'worker', noGpu, simulated: 'drawer' })
  expect(another).toMatchObject({ means: 'skipped', why: expect.stringMatching(/only those of 'drawer'$/) as string })
})
