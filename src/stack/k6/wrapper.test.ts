import { describe, expect, it } from 'vitest'
import { wrapperOf } from './wrapper.ts'

describe('the module that k6 is given', () => {
  it('exports what the script does, and its options with ours over them', () => {
    expect(wrapperOf('/scripts/a "b".js', { tags: { run: 'x' } })).toBe(
      [
        'import * as script from "/scripts/a \\"b\\".js";',
        'export * from "/scripts/a \\"b\\".js";',
        'const own = { ...script.options };',
        'for (const key of []) delete own[key];',
        'export const options = { ...own, ...{"tags":{"run":"x"}} };',
        'export default script.default;',
        '',
      ].join('\n'),
    )
  })

  it('takes the whole of the script’s users away where they are replaced', () => {
    expect(wrapperOf('/a.js', { stages: [] })).toContain(
      'for (const key of ["scenarios","stages","vus","duration","iterations"])',
    )
  })

  it.each([
    ['all name a function of their own', { a: { exec: 'one' }, b: { exec: 'two' } }, false],
    ['one names none', { a: { exec: 'one' }, b: {} }, true],
    ['one names the default', { a: { exec: 'default' } }, true],
  ])('has a default function unless the scenarios need none: %s', (_what, scenarios, has) => {
    expect(wrapperOf('/a.js', { scenarios }).includes('export default')).toBe(has)
  })
})
