import { cpus, totalmem } from 'node:os'
import { describe, expect, it } from 'vitest'
import { parseCpuTicks, parseMeminfo, readHostFacts } from './host-facts.ts'

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

  it('count the time of its CPUs, and what of it was idle or waiting for a disk', () => {
    const stat = 'cpu  100 5 50 800 20 1 2 22 7 0\ncpu0 50 2 25 400 10 0 1 11 3 0\ncpu1 50 3 25 400 10 1 1 11 4 0\nintr 5\n'
    expect(parseCpuTicks(stat)).toEqual({ cpuTotalTicks: 1_000, cpuIdleTicks: 820, cpuStolenTicks: 22, cpus: 2 })
    expect(() => parseCpuTicks('intr 5\n')).toThrow('/proc/stat tells no CPU time')
  })

  it('are those of this machine', async () => {
    const facts = await readHostFacts()
    expect(facts.memTotalBytes).toBe(totalmem())
    expect(facts.memAvailableBytes).toBeLessThan(facts.memTotalBytes)
    expect(facts.memAvailableBytes).toBeGreaterThan(0)
    expect(facts.diskFreeBytes).toBeGreaterThan(0)
    expect(facts.cpus).toBe(cpus().length)
    expect(facts.cpuIdleTicks).toBeGreaterThan(0)
    expect(facts.cpuIdleTicks).toBeLessThan(facts.cpuTotalTicks)
  })
})
