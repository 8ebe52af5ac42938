import { describe, expect, it } from 'vitest'
import { fillRecord, fillVariables } from './variables.ts'

describe('fillVariables', () => {
  it('fills every reference and leaves other text alone', () => {
    expect(fillVariables('Bearer ${TOKEN} $TOKEN ${A}', { TOKEN: 't$&', A: '' })).toBe('Bearer t$& $TOKEN ')
  })

  it('refuses a name without a value and lists what is known', () => {
    expect(() => fillVariables('${TOKNE}', { TOKEN: 'x' })).toThrow(/TOKNE.*known: TOKEN/)
    expect(() => fillVariables('${toString}', {})).toThrow(/toString/)
  })

  it('fills the values of a record', () => {
    expect(fillRecord({ authorization: 'Bearer ${T}' }, { T: '1' })).toEqual({ authorization: 'Bearer 1' })
  })
})
