import { expect, test } from 'vitest'
import type { Descriptor } from '../core/descriptor.ts'
import { defectVariables, secretValues } from './variables.ts'

const plain = { name: 'shop', secrets: ['TOKEN', 'OTHER'], defects: null } as unknown as Descriptor
const known = {
  deaf: { fails: [], clauses: {}, mayFail: [], blinds: [], text: '' },
  slow: { fails: [], clauses: {}, mayFail: [], blinds: [], text: '' },
}
const flawed: Descriptor = { ...plain, defects: { variable: 'SHOP_DEFECTS', known } }

test('secrets are random for each run unless the environment has them', () => {
  const first = secretValues(plain, { TOKEN: 'mine', OTHER: '' })
  const second = secretValues(plain, {})
  expect(first['TOKEN']).toBe('mine')
  expect(first['OTHER']).toMatch(/^[0-9a-f]{48}$/)
  expect(second['OTHER']).not.toBe(first['OTHER'])
})

test('defects go into the stack’s own variable, which is emptied where there are none', () => {
  expect(defectVariables(flawed, ['slow', 'deaf', 'slow'])).toEqual({ SHOP_DEFECTS: 'slow,deaf' })
  expect(defectVariables(flawed, [])).toEqual({ SHOP_DEFECTS: '' })
  expect(defectVariables(plain, [])).toEqual({})
})

test('an unknown defect is refused, and the known ones are listed', () => {
  expect(() => defectVariables(flawed, ['slwo'])).toThrow(
    expect.objectContaining({ code: 'BAD_INPUT', hint: 'shop knows: deaf, slow' }) as Error,
  )
  expect(() => defectVariables(flawed, ['constructor'])).toThrow('unknown defect constructor')
  expect(() => defectVariables(plain, ['slow'])).toThrow('declares no defects')
})
