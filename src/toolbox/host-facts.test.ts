import { totalmem } from 'node:os'
import { describe, expect, it } from 'vitest'
import { parseMeminfo, readHostFacts } from './host-facts.ts'

const MEMINFO = `MemTotal:       16308220 kB
MemFree:          820000 kB
MemAvailable:    9000128 kB
HugePages_Total:       4
`

describe('facts of the machine', () => {
  it('are told in bytes', () => {
    expect(parseMeminfo(MEMINFO, 'MemAvailable')).toBe(9_000_128 * 1024)
    expect(parseMeminfo(MEMINFO, 'MemTotal')).toBe(16_308_220 * 1024)
  })

  it('are an error when missing, or no amount of memory', () => {
    expect(() => parseMeminfo(MEMINFO, 'SwapTotal')).toThrow('/proc/meminfo has no SwapTotal')
    expect(() => parseMeminfo(MEMINFO, 'HugePages_Total')).toThrow('has no HugePages_Total')
  })

  it('are those of this machine', async () => {
    const facts = await readHostFacts()
    expect(facts.memTotalBytes).toBe(totalmem())
    expect(facts.memAvailableBytes).toBeLessThan(facts.memTotalBytes)
    expect(facts.memAvailableBytes).toBeGreaterThan(0)
    expect(facts.diskFreeBytes).toBeGreaterThan(0)
  })
})
