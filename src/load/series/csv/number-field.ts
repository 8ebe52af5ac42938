/** Numbers of a CSV that are read without taking their text out first. */

const COMMA = 44
const POINT = 46
const ZERO = 48

/** Reads a number; NaN for what is none. */
export function numberOf(text: string): number {
  return text === '' ? Number.NaN : Number(text)
}

export class NumberField {
  /** Where the last one has ended: at its comma. */
  end = 0

  /**
   * Reads digits with or without a point, up to a comma; NaN for all else, which numberOf may understand. Up to 2^53 and
   * 10^22 both of `digits / power` are exact, so that their quotient is the number nearest to what is written, as that of
   * Number() is (Clinger 1990).
   */
  read(bytes: Uint8Array, from: number): number {
    let digits = 0
    let power = 0
    let at = from
    for (; at < bytes.length; at += 1) {
      const byte = bytes[at] as number
      if (byte >= ZERO && byte < ZERO + 10) {
        digits = digits * 10 + (byte - ZERO)
        power *= 10
      } else if (byte === POINT && power === 0) power = 1
      else break
    }
    this.end = at
    const isNumber = bytes[at] === COMMA && at - from > (power === 0 ? 0 : 1)
    if (!isNumber || digits > Number.MAX_SAFE_INTEGER || power > 1e22) return Number.NaN
    return power === 0 ? digits : digits / power
  }
}
