/** Seeded randomness: the same seed gives the same targets in the same order, on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform integer in [min, max], both included. */
  integer(min: number, max: number): number
  /** A new list in random order (Fisher–Yates); the input is left alone. */
  shuffle<T>(items: readonly T[]): T[]
  /** An independent generator for `name`, so that adding a scenario does not change another one's choices. */
  fork(name: string): Random
}

export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    // mulberry32 (Tommy Ettinger, public domain): 32 bits of state are plenty to pick targets.
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const integer = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1))
  return {
    next,
    integer,
    shuffle<T>(items: readonly T[]): T[] {
      const copy = [...items]
      for (let index = copy.length - 1; index > 0; index -= 1) {
        const other = integer(0, index)
        const held = copy[index] as T
        copy[index] = copy[other] as T
        copy[other] = held
      }
      return copy
    },
    fork: (name) => seededRandom(fnv1a(`${seed}/${name}`)),
  }
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text, 'utf8')) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  }
  return hash
}
