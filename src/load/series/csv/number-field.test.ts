import { describe, expect, it } from 'vitest'
import { NumberField, numberOf } from './number-field.ts'

function read(text: string): { value: number; end: number } {
  const number = new NumberField()
  const value = number.read(Buffer.from(`,${text}`), 1)
  return { value, end: number.end - 1 }
}

describe('a number of the CSV', () => {
  it('is the one that Number makes of it, to the last bit', () => {
    let state = 1
    const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
    for (let round = 0; round < 20_000; round += 1) {
      const text = (random() * 10 ** Math.floor(random() * 10)).toFixed(Math.floor(random() * 7))
      expect(read(`${text},`)).toEqual({ value: Number(text), end: text.length })
    }
  })

  it.each(['0', '7.', '.5', '1795415882000001', '9007199254740991', '0.000001'])('%s is read', (text) => {
    expect(read(`${text},x`)).toEqual({ value: Number(text), end: text.length })
  })

  it.each(['', '.', '-1', '1e+06', '1.2.3', '0x10', ' 1', '9007199254740993', `0.${'0'.repeat(22)}1`, '1"'])(
    '%j is left to others',
    (text) => {
      expect(read(`${text},`).value).toBeNaN()
    },
  )

  it('does not end where the bytes do', () => {
    expect(read('12').value).toBeNaN()
  })

  it('of nothing is none', () => {
    expect(numberOf('')).toBeNaN()
    expect(numberOf('1e+21')).toBe(1e21)
  })
})
