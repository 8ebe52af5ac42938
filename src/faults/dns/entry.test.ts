import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { dnsEntries } from './entry.ts'

function entryOf(value: unknown) {
  const entry = dnsEntries.find((one) => one.value === value)
  if (entry === undefined) throw new Error(`no entry for ${String(value)}`)
  return entry
}

describe('an entry becomes what is asked for', () => {
  it.each<[Record<string, unknown>, object]>([
    [{ dns: 'refused' }, { mode: 'refused', names: null, delayMs: null, count: null }],
    [
      { dns: 'dropped', names: ['web', 'Api.example.org.'] },
      { mode: 'dropped', names: ['web', 'Api.example.org.'] },
    ],
    [
      { dns: 'nxdomain', names: ['_srv.x'], count: '50%' },
      { mode: 'nxdomain', names: ['_srv.x'], count: { percent: 50 } },
    ],
    [
      { dns: 'slow', delay_ms: 300, count: 2 },
      { mode: 'slow', delayMs: 300, count: { number: 2 } },
    ],
  ])('%j', (entry, spec) => {
    expect(entryOf(entry['dns']).read({ target: 'worker', ...entry })).toMatchObject({
      kind: 'dns',
      spec: { target: 'worker', ...spec },
    })
  })
})

describe('an entry is refused', () => {
  it.each<[Record<string, unknown>, string]>([
    [{ dns: 'nxdomain' }, 'names'],
    [{ dns: 'slow' }, 'delay_ms'],
    [{ dns: 'slow', delay_ms: 99 }, 'delay_ms'],
    [{ dns: 'slow', delay_ms: 4_001 }, 'delay_ms'],
    [{ dns: 'refused', names: [] }, 'names'],
    [{ dns: 'refused', names: ['a b'] }, 'names'],
    [{ dns: 'refused', names: ['-a'] }, 'names'],
    [{ dns: 'refused', names: ['a..b'] }, 'names'],
    [{ dns: 'refused', names: ['a'.repeat(64)] }, 'names'],
    [{ dns: 'refused', names: [Array.from({ length: 51 }, () => 'abcd').join('.')] }, 'names'],
    [{ dns: 'refused', names: Array.from({ length: 21 }, (_, index) => `h${index}`) }, 'names'],
  ])('%j', (entry, key) => {
    const parsed = z.object(entryOf(entry['dns']).shape).safeParse({ target: 'worker', ...entry })
    expect(parsed.error?.issues.map(({ path }) => path[0])).toEqual([key])
  })

  it('that says how late, where nothing is', () => {
    for (const value of ['refused', 'dropped', 'nxdomain']) expect(Object.keys(entryOf(value).shape)).not.toContain('delay_ms')
  })
})
