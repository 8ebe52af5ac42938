import { describe, expect, it } from 'vitest'
import { breach } from './host-guard.ts'

const MIB = 1024 * 1024
const floors = { memAvailableBytes: 512 * MIB, diskFreeBytes: 1024 * MIB }
const facts = (memory: number, disk: number): Parameters<typeof breach>[0] => ({
  memAvailableBytes: memory * MIB,
  diskFreeBytes: disk * MIB,
})

describe('breach', () => {
  it('is none at the floors or above', () => {
    expect(breach(facts(512, 1_024), floors)).toBeNull()
    expect(breach(facts(8_000, 100_000), floors)).toBeNull()
  })

  it('names what is below, with both figures', () => {
    expect(breach(facts(511, 100_000), floors)).toBe('the machine has 511 MiB of memory available, the floor is 512 MiB')
    expect(breach(facts(8_000, 1_023), floors)).toBe("Docker's disk has 1023 MiB free, the floor is 1024 MiB")
  })
})
